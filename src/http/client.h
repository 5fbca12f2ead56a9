#pragma once
// A small HTTP client for the terminal: `minerva run` and `minerva doctor` talk to a server with it.
//
// Blocking: a call returns when the answer is whole, or failed, or was stopped. One connection a request, plain HTTP.
//
// Threads: one thread at a time uses a client; the stop token may be triggered from any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "http/message.h"

namespace minerva::http {

struct ClientOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds read_timeout{600'000};  // the longest silence while an answer is awaited or read
  Bytes max_body = {64 * 1024 * 1024};              // of an answer that is kept whole
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query as they go on the wire
  Headers headers{};  // beyond host, content-length; content-type is application/json unless one is given
  std::string body{};
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

class Client {
 public:
  explicit Client(ClientOptions options);

  // The whole answer, whatever its status. Errors: kNotReady when nobody listens there, kInvalidConfiguration for a host
  // that has no address, kTimeout, kCancelled when `stop` was requested, kInternal when the answer is cut short or is no HTTP.
  [[nodiscard]] Result<ClientResponse> send(const ClientRequest& request, std::stop_token stop = {});

  // Like send(), but the body of a 2xx answer goes to `on_line` as it arrives, a line at a time without its end; the body
  // of the returned response is then empty. `on_line` returns false to end the request, which is no error.
  [[nodiscard]] Result<ClientResponse> send_streaming(const ClientRequest& request,
                                                      std::function<bool(std::string_view line)> on_line,
                                                      std::stop_token stop = {});

 private:
  ClientOptions options_;
};

}  // namespace minerva::http
