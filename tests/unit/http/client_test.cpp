// The terminal's client against the real server, and against a server that misbehaves.

#include "http/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "test_server.h"

namespace minerva::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

// Takes one connection, reads a request's head, sends `answer` and closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}), thread_([this, answer = std::move(answer)] {
          auto socket = acceptor_.accept();
          std::string head;
          asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n");
          asio::write(socket, asio::buffer(answer));
        }) {}
  ~OneAnswer() { thread_.join(); }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

asio::awaitable<void> two_events(Exchange& exchange) {
  const auto stream = co_await exchange.stream(StreamKind::kServerSentEvents, {});
  if (!stream) co_return;
  std::ignore = co_await (*stream)->write("data: on");
  std::ignore = co_await (*stream)->write("e\n\ndata: two\r\n");
  std::ignore = co_await (*stream)->write("\nlast");
}

asio::awaitable<void> one_event_then_silence(Exchange& exchange) {
  const auto signal = std::make_shared<Signal>(co_await asio::this_coro::executor);
  exchange.on_client_gone([signal] { signal->set(); });
  const auto stream = co_await exchange.stream(StreamKind::kServerSentEvents, {});
  if (stream) std::ignore = co_await (*stream)->write("data: one\n\n");
  co_await signal->wait();
}

std::shared_ptr<Router> streaming_router() {
  auto router = test_router();
  router->add("GET", "/events", two_events);
  router->add("GET", "/silence", one_event_then_silence);
  return router;
}

ClientRequest get(std::string target) { return {.target = std::move(target)}; }

TEST(Client, sends_a_request_and_reads_the_answer) {
  TestServer server;
  Client client({.port = server.port()});
  const auto answer = client.send(
      {.method = "POST", .target = "/echo", .headers = {{"x-request-id", "mine"}}, .body = "a body"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "a body");
  EXPECT_EQ(find_header(answer->headers, "x-request-id"), "mine");
}

TEST(Client, gives_a_stream_line_by_line) {
  TestServer server(streaming_router());
  Lines lines;
  const auto answer =
      Client({.port = server.port()}).send_streaming(get("/events"), [&lines](std::string_view line) {
        lines.emplace_back(line);
        return true;
      });
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(lines, (Lines{"data: one", "", "data: two", "", "last"}));
  EXPECT_TRUE(answer->body.empty());
}

TEST(Client, keeps_the_body_of_an_error_while_streaming) {
  TestServer server(streaming_router());
  const auto answer = Client({.port = server.port()}).send_streaming(get("/nowhere"), [](std::string_view) {
    ADD_FAILURE() << "an error is no stream";
    return true;
  });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_TRUE(answer->body.starts_with("not_found|"));
}

TEST(Client, stops_when_the_receiver_has_enough) {
  TestServer server(streaming_router());
  Lines lines;
  const auto answer =
      Client({.port = server.port()}).send_streaming(get("/silence"), [&lines](std::string_view line) {
        lines.emplace_back(line);
        return false;
      });
  EXPECT_TRUE(answer);
  EXPECT_EQ(lines, Lines{"data: one"});
}

TEST(Client, stops_at_a_stop_request_from_another_thread) {
  TestServer server(streaming_router());
  std::stop_source stop;
  std::thread other;
  const auto answer = Client({.port = server.port()})
                          .send_streaming(
                              get("/silence"),
                              [&](std::string_view line) {
                                if (line.empty()) other = std::thread([&stop] { stop.request_stop(); });
                                return true;
                              },
                              stop.get_token());
  other.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
}

TEST(Client, does_not_begin_when_the_stop_came_first) {
  std::stop_source stop;
  stop.request_stop();
  const auto answer = Client({.port = 1}).send(get("/"), stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
}

TEST(Client, says_when_no_server_answers) {
  std::uint16_t port = 0;
  {
    TestServer server;
    port = server.port();
  }
  const auto answer = Client({.port = port}).send(get("/ping"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotReady);
  EXPECT_NE(answer.error().message.find(fmt::format("127.0.0.1:{}", port)), std::string::npos);
}

TEST(Client, says_when_a_host_has_no_address) {
  const auto answer = Client({.host = "no.such.host.invalid"}).send(get("/ping"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidConfiguration);
}

TEST(Client, gives_up_on_a_silent_server) {
  TestServer server(streaming_router());
  const auto answer = Client({.port = server.port(), .read_timeout = 50ms}).send(get("/silence"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
}

TEST(Client, knows_a_cut_answer_from_a_whole_one) {
  for (const char* cut : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
    OneAnswer server(cut);
    const auto answer = Client({.port = server.port()}).send(get("/"));
    ASSERT_FALSE(answer) << cut;
    EXPECT_EQ(answer.error().code, ErrorCode::kInternal) << cut;
  }
  OneAnswer server("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  const auto whole = Client({.port = server.port()}).send(get("/"));
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->body, "until the end");
}

TEST(Client, says_when_the_answer_is_no_http) {
  OneAnswer server("220 mail.example ESMTP\r\n\r\n");
  const auto answer = Client({.port = server.port()}).send(get("/"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace minerva::http
