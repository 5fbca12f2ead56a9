#pragma once
// A real server on a free port of 127.0.0.1, in a thread of its own, for as long as the object lives.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "http/server.h"

namespace minerva::http {

// Options for tests: port 0 and errors as "name|message|field".
[[nodiscard]] ServerOptions test_options();

// GET /ping answers "pong"; POST /echo answers with the body.
[[nodiscard]] std::shared_ptr<Router> test_router();

// A moment that a coroutine of the server's thread waits for and the test's thread brings about.
class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor);
  boost::asio::awaitable<void> wait();  // server's thread
  void set();                           // any thread

 private:
  boost::asio::steady_timer timer_;
};

class TestServer {
 public:
  explicit TestServer(std::shared_ptr<Router> router = test_router(), ServerOptions options = test_options());
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Runs on the server's thread; returns when it has.
  void on_server(std::function<void(Server&)> work);
  void close_all();

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace minerva::http
