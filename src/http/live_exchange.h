#pragma once
// The Exchange of a connection: writes what the handler answers.
//
//   kUnanswered ──respond()──► kAnswered
//        │ stream()                 ▲ end_stream()
//        ▼                          │
//    kStreaming ────────────────────┘        any state ──a write failed──► kBroken
//
// Threads: the I/O thread; lives in the connection's coroutine.

#include <cstdint>
#include <memory>

#include "http/client_socket.h"
#include "http/exchange.h"
#include "http/server_state.h"

namespace minerva::http {

class LiveExchange final : public Exchange, private StreamingResponse {
 public:
  enum class State : std::uint8_t { kUnanswered, kStreaming, kAnswered, kBroken };

  struct Protocol {
    bool http_1_0 = false;
    bool keep_alive = true;  // what the client wants and what its request's state allows
  };

  LiveExchange(std::shared_ptr<const ServerState> server, std::shared_ptr<ClientSocket> socket,
               Request request, Protocol protocol);

  const Request& request() const override { return request_; }
  boost::asio::awaitable<Status> respond(Response response) override;
  boost::asio::awaitable<Result<StreamingResponse*>> stream(StreamKind kind, Headers extra) override;
  void on_client_gone(std::function<void()> callback) override;

  // The last chunk. Only while streaming.
  boost::asio::awaitable<Status> end_stream();

  // What became of it, for the connection.
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool keeps_alive() const { return keep_alive_ && state_ == State::kAnswered; }
  [[nodiscard]] bool end_is_visible() const {
    return !protocol_.http_1_0;
  }  // a cut body can be told from a whole one

 private:
  boost::asio::awaitable<Status> write(std::string bytes) override;
  boost::asio::awaitable<Status> send(std::string bytes);

  std::shared_ptr<const ServerState> server_;
  std::shared_ptr<ClientSocket> socket_;
  Request request_;
  Protocol protocol_;
  State state_ = State::kUnanswered;
  int status_ = 0;
  bool keep_alive_ = false;
};

}  // namespace minerva::http
