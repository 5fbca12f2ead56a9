#include "test_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <tuple>
#include <utility>

namespace minerva::http {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> pong(Exchange& exchange) {
  std::ignore = co_await exchange.respond({.content_type = "text/plain", .body = "pong", .headers = {}});
}

asio::awaitable<void> echo(Exchange& exchange) {
  std::ignore = co_await exchange.respond(
      {.content_type = "text/plain", .body = exchange.request().body, .headers = {}});
}

}  // namespace

ServerOptions test_options() {
  ServerOptions options;
  options.port = 0;
  options.render_error = [](const Request&, const Error& error) {
    return Response{.status = traits(error.code).http_status,
                    .content_type = "text/plain",
                    .body = fmt::format("{}|{}|{}", traits(error.code).name, error.message, error.field),
                    .headers = {}};
  };
  return options;
}

std::shared_ptr<Router> test_router() {
  auto router = std::make_shared<Router>();
  router->add("GET", "/ping", pong);
  router->add("POST", "/echo", echo);
  return router;
}

Signal::Signal(const asio::any_io_executor& executor)
    : timer_(executor, asio::steady_timer::time_point::max()) {}

asio::awaitable<void> Signal::wait() { co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable)); }

void Signal::set() {
  asio::post(timer_.get_executor(), [this] { timer_.expires_at(asio::steady_timer::time_point::min()); });
}

TestServer::TestServer(std::shared_ptr<Router> router, ServerOptions options)
    : server_(std::make_unique<Server>(io_.get_executor(), std::move(options), std::move(router))) {
  const Status started = server_->start();
  EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().message);
  port_ = server_->port();
  thread_ = std::thread([this] { io_.run(); });
}

TestServer::~TestServer() {
  close_all();
  on_server([](Server& server) { EXPECT_EQ(server.n_connections(), 0U); });
  work_.reset();
  thread_.join();
}

void TestServer::on_server(std::function<void(Server&)> work) {
  asio::post(io_, std::packaged_task<void()>([this, &work] { work(*server_); })).get();
}

void TestServer::close_all() { asio::co_spawn(io_, server_->close_all(), asio::use_future).get(); }

}  // namespace minerva::http
