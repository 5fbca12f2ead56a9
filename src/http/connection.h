#pragma once
// One client's connection: requests in, in order, each refused or handed to its handler, until either side ends it.
//
// Threads: the I/O thread.

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include "base/error.h"
#include "http/client_socket.h"
#include "http/live_exchange.h"
#include "http/refusal.h"
#include "http/request_parser.h"
#include "http/server_state.h"

namespace minerva::http {

class Connection {
 public:
  Connection(std::shared_ptr<const ServerState> server, std::shared_ptr<ClientSocket> socket);

  // Ends when the connection does; close() makes it end soon.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // For a connection over the limit: answers with `error` whatever the client asks, and closes.
  [[nodiscard]] boost::asio::awaitable<void> turn_away(Error error);

  void close() { socket_->close(); }

 private:
  // Each true: the connection goes on.
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> refuse(RequestParser& parser, Refusal refusal);
  boost::asio::awaitable<bool> answer(RequestParser& parser, Response response);
  boost::asio::awaitable<bool> handle(RequestParser& parser, const Handler& handler);

  // kCancelled: there is nobody to answer.
  boost::asio::awaitable<Status> read_head(RequestParser& parser);
  boost::asio::awaitable<Status> read_body(RequestParser& parser);

  // What a handler began and did not end. `failure`: what went wrong in it; empty when nothing did.
  boost::asio::awaitable<void> conclude(LiveExchange& exchange, std::string failure);

  void identify(Request& request) const;
  [[nodiscard]] LiveExchange begin_exchange(RequestParser& parser) const;

  std::shared_ptr<const ServerState> server_;
  std::shared_ptr<ClientSocket> socket_;
};

}  // namespace minerva::http
