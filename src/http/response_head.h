#pragma once
// The bytes of a response before its body: status line and headers.
//
// Threads: pure functions.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace minerva::http {

// How the end of a body is told (RFC 9112, section 6.3).
enum class Framing { kNone, kContentLength, kChunked, kUntilClose };

struct ResponseHead {
  int status = 200;
  std::string_view content_type;  // empty: no such header
  Framing framing = Framing::kContentLength;
  std::size_t content_length = 0;
  bool keep_alive = true;
  bool http_1_0 = false;  // the client's version: says which of the two must be spelled out
  std::string_view request_id;
};

// Header values with line breaks or other control characters are left out: nothing may forge a header.
[[nodiscard]] std::string serialize(const ResponseHead& head, const Headers& extra);

[[nodiscard]] std::string_view reason_phrase(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7), whatever the locale.
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace minerva::http
