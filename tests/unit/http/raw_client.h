#pragma once
// A client that sends exactly the bytes a test wants and shows exactly the bytes that come back. Blocking, with a limit of
// kPatience on every wait, so that a server that does not answer fails a test instead of hanging it.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace minerva::http {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks joined
  bool complete = false;                       // as its framing says; false when the connection ended before
};

class RawClient {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  // False when the server does not take them any more.
  bool send(std::string_view bytes);
  void shutdown_send();
  void close();
  void reset();  // closes with a TCP reset

  [[nodiscard]] bool has_bytes() const;  // something came, or the server closed; does not wait

  // One response; `to_head` when it answers a HEAD. Bytes after it stay for the next.
  RawResponse read_response(bool to_head = false);
  // Until `text` has come; all bytes up to its end. Empty when the connection ended first.
  std::string read_until(std::string_view text);
  // All that comes until the server closes. `was_reset` says how it ended.
  std::string read_to_end();
  [[nodiscard]] bool was_reset() const { return was_reset_; }

 private:
  bool receive();
  std::string take(std::size_t n);
  bool await(std::size_t n);
  void read_chunks(RawResponse& response);

  int fd_ = -1;
  std::string bytes_;
  bool was_reset_ = false;
};

}  // namespace minerva::http
