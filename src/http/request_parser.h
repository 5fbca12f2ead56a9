#pragma once
// Bytes of one HTTP/1.x request to a Request, within limits. No I/O.
//
//   kHead ──end of headers──► kBody ──last byte──► kDone      feed() stops at each arrow
//     └────────no body─────────────────────────────▲
//
// Threads: a value of one thread; one parser a request.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "http/limits.h"
#include "http/message.h"

namespace minerva::http {

enum class ParseState : std::uint8_t { kHead, kBody, kDone };

class RequestParser {
 public:
  explicit RequestParser(const Limits& limits);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;

  // How many of `bytes` were used; the caller gives the others again, with what comes after them. Stops at the end of the
  // head, so that a request can be refused before its body is read. Errors: kInvalidRequest (names what is wrong),
  // kHeadersTooLarge, kBodyTooLarge (a Content-Length says so, or the chunks did); the parser is then of no more use.
  [[nodiscard]] Result<std::size_t> feed(std::string_view bytes);

  [[nodiscard]] ParseState state() const;

  // Whole once state() is not kHead; before, and after an error, what was understood so far.
  [[nodiscard]] Request& request();
  [[nodiscard]] std::string_view encoded_path() const;  // the path as it came, for routing
  [[nodiscard]] bool is_http_1_0() const;
  [[nodiscard]] bool keep_alive() const;  // what the client wants

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minerva::http
