// Streams: pieces leave at once, ends are told apart, and a client that goes away or stalls is noticed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include <future>
#include <memory>
#include <stdexcept>
#include <tuple>

#include "raw_client.h"
#include "test_server.h"

namespace minerva::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::string_view kStream = "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kPing = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr auto kPatience = RawClient::kPatience;

// What a test and the handler it watches share.
struct Watched {
  std::promise<std::shared_ptr<Signal>> running;
  std::promise<void> gone;
  std::promise<ErrorCode> ended;  // what a failed write said

  std::shared_ptr<Signal> signal() { return running.get_future().get(); }
};

template <typename T>
void expect_soon(std::future<T>& future) {
  ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
}

std::shared_ptr<Router> router_with(std::function<asio::awaitable<void>(Exchange&, Watched&)> serve,
                                    Watched& watched) {
  auto router = test_router();
  router->add("GET", "/stream",
              [serve = std::move(serve), &watched](Exchange& exchange) { return serve(exchange, watched); });
  return router;
}

asio::awaitable<std::shared_ptr<Signal>> announce(Watched& watched) {
  auto signal = std::make_shared<Signal>(co_await asio::this_coro::executor);
  watched.running.set_value(signal);
  co_return signal;
}

asio::awaitable<void> three_pieces(Exchange& exchange, Watched& watched) {
  const auto stream = co_await exchange.stream(StreamKind::kServerSentEvents, {{"X-Extra", "yes"}});
  if (!stream) co_return;
  const auto signal = co_await announce(watched);
  std::ignore = co_await (*stream)->write("data: one\n\n");
  co_await signal->wait();
  std::ignore = co_await (*stream)->write("data: two\n\n");
  std::ignore = co_await (*stream)->write("");
  std::ignore = co_await (*stream)->write("data: three\n\n");
}

TEST(Streaming, sends_each_piece_at_once_and_keeps_the_connection) {
  Watched watched;
  TestServer server(router_with(three_pieces, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  const std::string head = client.read_until("\r\n\r\n");
  for (const char* header : {"HTTP/1.1 200 OK\r\n", "Content-Type: text/event-stream; charset=utf-8\r\n",
                             "Cache-Control: no-cache\r\n", "X-Accel-Buffering: no\r\n",
                             "Transfer-Encoding: chunked\r\n", "X-Extra: yes\r\n"}) {
    EXPECT_NE(head.find(header), std::string::npos) << header;
  }
  EXPECT_EQ(client.read_until("one\n\n\r\n"), "b\r\ndata: one\n\n\r\n") << "before the handler goes on";
  watched.signal()->set();
  EXPECT_EQ(client.read_until("\r\n0\r\n\r\n"), "b\r\ndata: two\n\n\r\nd\r\ndata: three\n\n\r\n0\r\n\r\n");
  ASSERT_TRUE(client.send(kPing));
  EXPECT_EQ(client.read_response().body, "pong");
}

TEST(Streaming, ends_an_http_1_0_stream_with_the_connection) {
  Watched watched;
  TestServer server(router_with(three_pieces, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  watched.signal()->set();
  const RawResponse response = client.read_response();
  EXPECT_FALSE(response.headers.contains("transfer-encoding"));
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(response.body, "data: one\n\ndata: two\n\ndata: three\n\n");
  EXPECT_TRUE(response.complete);
}

asio::awaitable<void> fails_midway(Exchange& exchange, Watched&) {
  const auto stream = co_await exchange.stream(StreamKind::kNdjson, {});
  if (!stream) co_return;
  std::ignore = co_await (*stream)->write("{\"half\":1}\n");
  throw std::runtime_error("midway");
}

TEST(Streaming, cuts_the_body_of_a_handler_that_fails_so_that_the_client_can_tell) {
  Watched watched;
  TestServer server(router_with(fails_midway, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.headers.at("content-type"), "application/x-ndjson");
  EXPECT_EQ(response.body, "{\"half\":1}\n");
  EXPECT_FALSE(response.complete) << "no last chunk";

  RawClient old(server.port());
  ASSERT_TRUE(old.send("GET /stream HTTP/1.0\r\n\r\n"));
  old.read_to_end();
  EXPECT_TRUE(old.was_reset()) << "without chunks only a reset can say so";
}

asio::awaitable<void> answers_twice(Exchange& exchange, Watched& watched) {
  std::ignore = co_await exchange.respond({.body = "first", .headers = {}});
  const Status second = co_await exchange.respond({.body = "second", .headers = {}});
  watched.ended.set_value(second ? ErrorCode::kCancelled : second.error().code);
}

TEST(Streaming, sends_no_second_answer) {
  Watched watched;
  TestServer server(router_with(answers_twice, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(std::string{kStream} + std::string{kPing}));
  EXPECT_EQ(client.read_response().body, "first");
  EXPECT_EQ(client.read_response().body, "pong");
  EXPECT_EQ(watched.ended.get_future().get(), ErrorCode::kInternal);
}

// Waits, as for a long prompt, without writing; then tries to stream.
asio::awaitable<void> waits_quietly(Exchange& exchange, Watched& watched) {
  const auto signal = std::make_shared<Signal>(co_await asio::this_coro::executor);
  exchange.on_client_gone([&watched, signal] {
    watched.gone.set_value();
    signal->set();
  });
  watched.running.set_value(signal);
  co_await signal->wait();
  auto stream = co_await exchange.stream(StreamKind::kServerSentEvents, {});
  Status written =
      stream ? co_await (*stream)->write("data: x\n\n") : Status{std::unexpected(stream.error())};
  watched.ended.set_value(written ? ErrorCode::kInternal : written.error().code);
}

class ClientGone : public testing::TestWithParam<void (*)(RawClient&)> {};

TEST_P(ClientGone, is_told_to_a_handler_that_writes_nothing) {
  Watched watched;
  TestServer server(router_with(waits_quietly, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  watched.signal();
  auto gone = watched.gone.get_future();
  EXPECT_EQ(gone.wait_for(0s), std::future_status::timeout);
  GetParam()(client);
  expect_soon(gone);
  auto ended = watched.ended.get_future();
  expect_soon(ended);
  EXPECT_EQ(ended.get(), ErrorCode::kCancelled);
}

INSTANTIATE_TEST_SUITE_P(Ways, ClientGone,
                         testing::Values(
                             +[](RawClient& client) { client.close(); },
                             +[](RawClient& client) { client.reset(); },
                             +[](RawClient& client) { client.shutdown_send(); },
                             +[](RawClient& client) { client.send(std::string(200'000, 'x')); }));

asio::awaitable<void> asks_late(Exchange& exchange, Watched& watched) {
  const auto signal = std::make_shared<Signal>(co_await asio::this_coro::executor);
  exchange.on_client_gone([signal] { signal->set(); });
  watched.running.set_value(signal);
  co_await signal->wait();
  exchange.on_client_gone([&watched] { watched.gone.set_value(); });
  std::ignore = co_await exchange.respond({.body = "still", .headers = {}});
}

TEST(ClientGone, is_told_at_once_when_it_happened_before_and_a_whole_answer_still_goes_out) {
  Watched watched;
  TestServer server(router_with(asks_late, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  watched.signal();
  client.shutdown_send();
  auto gone = watched.gone.get_future();
  expect_soon(gone);
  EXPECT_EQ(client.read_response().body, "still");
}

asio::awaitable<void> takes_it_back(Exchange& exchange, Watched& watched) {
  exchange.on_client_gone([] { ADD_FAILURE() << "taken back before"; });
  exchange.on_client_gone({});
  const auto signal = co_await announce(watched);
  co_await signal->wait();
  std::ignore = co_await exchange.respond({.body = "done", .headers = {}});
  watched.ended.set_value(ErrorCode::kInternal);
}

TEST(ClientGone, is_not_told_to_who_took_the_callback_back) {
  Watched watched;
  TestServer server(router_with(takes_it_back, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  const auto signal = watched.signal();
  client.close();
  RawClient other(server.port());
  ASSERT_TRUE(other.send(kPing));
  EXPECT_EQ(other.read_response().body, "pong") << "by now the server has seen the first client's end";
  signal->set();
  auto ended = watched.ended.get_future();
  expect_soon(ended);
}

asio::awaitable<void> pours(Exchange& exchange, Watched& watched) {
  const auto stream = co_await exchange.stream(StreamKind::kServerSentEvents, {});
  if (!stream) co_return;
  Status written;
  while (written) written = co_await (*stream)->write(std::string(256 * 1024, 'x'));
  watched.ended.set_value(written.error().code);
}

TEST(SlowClient, ends_the_stream_and_the_connection) {
  Watched watched;
  ServerOptions options = test_options();
  options.limits.write_timeout = 50ms;
  TestServer server(router_with(pours, watched), options);
  RawClient client(server.port(), 4096);
  ASSERT_TRUE(client.send(kStream));
  auto ended = watched.ended.get_future();
  expect_soon(ended);
  EXPECT_EQ(ended.get(), ErrorCode::kClientTooSlow);
  client.read_to_end();
  EXPECT_TRUE(client.was_reset());
}

TEST(SlowClient, is_not_one_that_reads_on) {
  Watched watched;
  TestServer server(router_with(pours, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  std::size_t n_read = client.read_until("\r\n\r\n").size();
  while (n_read < 8'000'000) n_read += client.read_until("\r\n").size();
  client.reset();
  auto ended = watched.ended.get_future();
  expect_soon(ended);
  EXPECT_EQ(ended.get(), ErrorCode::kCancelled);
}

TEST(Stopping, closes_streams_and_tells_their_handlers) {
  Watched watched;
  TestServer server(router_with(waits_quietly, watched));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kStream));
  watched.signal();
  server.close_all();
  auto gone = watched.gone.get_future();
  auto ended = watched.ended.get_future();
  EXPECT_EQ(gone.wait_for(0s), std::future_status::ready) << "close_all() is done when handlers are";
  EXPECT_EQ(ended.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(ended.get(), ErrorCode::kCancelled);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Stopping, lets_a_running_stream_end_and_says_close_from_then_on) {
  Watched watched;
  TestServer server(router_with(three_pieces, watched));
  RawClient streaming(server.port());
  RawClient idle(server.port());
  ASSERT_TRUE(idle.send(kPing));
  EXPECT_FALSE(idle.read_response().headers.contains("connection"));
  ASSERT_TRUE(streaming.send(kStream));
  const auto signal = watched.signal();
  server.on_server([](Server& it) { it.stop_accepting(); });
  ASSERT_TRUE(idle.send(kPing));
  EXPECT_EQ(idle.read_response().headers.at("connection"), "close");
  signal->set();
  const RawResponse response = streaming.read_response();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, "data: one\n\ndata: two\n\ndata: three\n\n");
}

}  // namespace
}  // namespace minerva::http
