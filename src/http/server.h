#pragma once
// The HTTP/1.1 server: listens, reads requests within limits, runs handlers, keeps connections alive.
//
// Errors that arise before a handler runs (limits, bad syntax, no such route, wrong key) are rendered by `render_error`,
// so that each dialect keeps its own shape.
//
// Threads: everything on the I/O thread. Stop order: stop_accepting() → (drain) → close_all().

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "http/exchange.h"
#include "http/limits.h"
#include "http/router.h"

namespace minerva::http {

struct ServerOptions {
  std::string host =
      "127.0.0.1";  // an address of this machine, or a name of it ("localhost" listens on both loopbacks)
  std::uint16_t port = 8080;  // 0: any free one
  Limits limits;
  // While every address it listens on is loopback, the server refuses requests whose Host header names something else than
  // localhost, 127.x.x.x, [::1] or `host` with kForbidden (host_check.h says why).
  bool check_host = true;
  // Runs when the head is read and before the body is: an error refuses the request and its body is never read. So the
  // request has no body and no captures yet. OPTIONS is answered without it. May be empty.
  std::function<Status(const Request&)> authorize;
  // Turns an error into a response in the request's dialect. The request may be only partly understood (bad syntax). The
  // status is the error's own; the server corrects it where HTTP has a closer one, and adds Allow, WWW-Authenticate and
  // Retry-After where they belong. Empty: plain text.
  std::function<Response(const Request&, const Error&)> render_error;
};

class Server {
 public:
  Server(boost::asio::any_io_executor executor, ServerOptions options, std::shared_ptr<const Router> router);
  ~Server();

  // Binds and begins to accept. kAddressInUse with the address and what to do, kInvalidConfiguration for a host that is
  // no address of this machine or a port that needs privileges.
  [[nodiscard]] Status start();

  // The port in use, after start().
  [[nodiscard]] std::uint16_t port() const;

  [[nodiscard]] std::uint32_t n_connections() const;

  // No new connections; answers say "Connection: close" from now on.
  void stop_accepting();
  // Closes every connection; handlers that still run see their client gone. Done when all have ended.
  [[nodiscard]] boost::asio::awaitable<void> close_all();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace minerva::http
