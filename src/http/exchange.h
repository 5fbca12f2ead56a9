#pragma once
// One request and the way to answer it: with a whole response, or with a stream.
//
// Threads: the I/O thread. An Exchange lives until its handler's coroutine ends; the handler answers exactly once (a second
// answer is kInternal and not sent; none is a 500).

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace minerva::http {

enum class StreamKind { kServerSentEvents, kNdjson };

// A response whose body is written piece by piece (chunked transfer). Each write leaves at once.
class StreamingResponse {
 public:
  virtual ~StreamingResponse() = default;

  // The bytes as they are (a dialect frames its own events). kClientTooSlow when the client took nothing for the write
  // timeout, kCancelled when it is gone; the stream is then over. One write at a time. Nothing for no bytes.
  [[nodiscard]] virtual boost::asio::awaitable<Status> write(std::string bytes) = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual const Request& request() const = 0;

  // kCancelled when the client is gone, kClientTooSlow as for a stream.
  [[nodiscard]] virtual boost::asio::awaitable<Status> respond(Response response) = 0;

  // Sends status 200 and the headers; the body ends with the handler: whole when it returns, cut off (the client's HTTP
  // library sees it) when it throws. Never cached, never buffered by proxies that listen. The exchange owns the stream.
  [[nodiscard]] virtual boost::asio::awaitable<Result<StreamingResponse*>> stream(StreamKind kind,
                                                                                  Headers extra) = 0;

  // `callback` is called once, on the I/O thread, when the client closes its end (half of it is enough: shutdown(SHUT_WR)
  // counts), sends more than 64 KiB that nobody asked for, or the server stops at once, while the handler runs; at once
  // when that has happened already. An empty function takes it back. A whole response is still worth sending then.
  virtual void on_client_gone(std::function<void()> callback) = 0;
};

// A handler's coroutine: the exchange is the server's for the coroutine's life. What it throws becomes a 500 and a log line.
using Handler = std::function<boost::asio::awaitable<void>(Exchange&)>;

}  // namespace minerva::http
