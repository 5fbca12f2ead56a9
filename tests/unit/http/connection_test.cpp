// Requests in, answers out: over a real socket, one connection at a time.

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

constexpr std::string_view kPing = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string echo_request(std::string_view body) {
  return fmt::format("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", body.size(),
                     body);
}

// Sends a request alone on a connection and gives the response.
RawResponse ask(const TestServer& server, std::string_view request) {
  RawClient client(server.port());
  client.send(request);
  return client.read_response(request.starts_with("HEAD"));
}

TEST(Connection, answers_several_requests_one_after_another) {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(kPing));
    const RawResponse response = client.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "pong");
    EXPECT_EQ(response.headers.at("content-type"), "text/plain");
    EXPECT_TRUE(response.headers.contains("date"));
    EXPECT_FALSE(response.headers.contains("connection"));
  }
}

TEST(Connection, answers_pipelined_requests_in_their_order) {
  TestServer server;
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += echo_request(std::to_string(i)) + std::string{kPing};
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.read_response().body, std::to_string(i));
    EXPECT_EQ(client.read_response().body, "pong");
  }
}

TEST(Connection, reads_requests_that_come_byte_by_byte_after_empty_lines) {
  TestServer server;
  RawClient client(server.port());
  for (const char byte : "\r\n\r\n" + echo_request("a body"))
    ASSERT_TRUE(client.send(std::string_view{&byte, 1}));
  EXPECT_EQ(client.read_response().body, "a body");
}

TEST(Connection, keeps_the_bytes_that_come_while_a_handler_runs) {
  auto router = test_router();
  std::promise<std::shared_ptr<Signal>> running;
  struct Slow {
    static asio::awaitable<void> serve(Exchange& exchange, std::promise<std::shared_ptr<Signal>>* running) {
      const auto signal = std::make_shared<Signal>(co_await asio::this_coro::executor);
      running->set_value(signal);
      co_await signal->wait();
      std::ignore = co_await exchange.respond({.body = "slow", .headers = {}});
    }
  };
  router->add("GET", "/slow", [&running](Exchange& exchange) { return Slow::serve(exchange, &running); });
  TestServer server(router);
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto signal = running.get_future().get();
  ASSERT_TRUE(client.send(echo_request("second")));
  ASSERT_TRUE(client.send(kPing));
  // A request on another connection is answered meanwhile, and after it the bytes above have been seen.
  EXPECT_EQ(ask(server, kPing).body, "pong");
  signal->set();
  EXPECT_EQ(client.read_response().body, "slow");
  EXPECT_EQ(client.read_response().body, "second");
  EXPECT_EQ(client.read_response().body, "pong");
}

TEST(Connection, closes_when_the_client_asks_or_speaks_http_1_0) {
  TestServer server;
  for (const char* request :
       {"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "GET /ping HTTP/1.0\r\n\r\n"}) {
    RawClient client(server.port());
    ASSERT_TRUE(client.send(request));
    const RawResponse response = client.read_response();
    EXPECT_EQ(response.body, "pong");
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.was_reset());
  }
}

TEST(Connection, keeps_an_http_1_0_connection_alive_on_request) {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.send("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(client.read_response().headers.at("connection"), "keep-alive");
  }
}

TEST(Connection, answers_head_like_get_without_the_body) {
  TestServer server;
  RawClient client(server.port());
  ASSERT_TRUE(client.send("HEAD /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const RawResponse head = client.read_response(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "4");
  ASSERT_TRUE(client.send(kPing));
  EXPECT_EQ(client.read_response().body, "pong") << "no body came between";
}

TEST(Connection, tells_which_paths_and_methods_there_are) {
  TestServer server;
  const RawResponse nowhere = ask(server, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(nowhere.body, "not_found|there is nothing at /nowhere|");
  const RawResponse wrong = ask(server, "DELETE /ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD, OPTIONS");
}

TEST(Connection, answers_options_without_opening_to_other_origins) {
  TestServer server;
  const RawResponse options =
      ask(server,
          "OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
          "Access-Control-Request-Method: POST\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "POST, OPTIONS");
  for (const auto& [name, value] : options.headers) EXPECT_FALSE(name.starts_with("access-control")) << name;
  EXPECT_FALSE(options.headers.contains("content-length"));
}

TEST(Connection, reads_chunked_bodies) {
  TestServer server;
  const RawResponse response =
      ask(server,
          "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
  EXPECT_EQ(response.body, "abc0123456789");
}

TEST(Connection, reads_a_large_body_whole) {
  TestServer server;
  std::string body(3'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  RawClient client(server.port());
  ASSERT_TRUE(client.send(echo_request(body)));
  EXPECT_TRUE(client.read_response().body == body);
}

TEST(Connection, invites_the_body_of_a_client_that_waits_for_it) {
  TestServer server;
  RawClient client(server.port());
  ASSERT_TRUE(client.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.send("body"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "body");
}

TEST(Connection, refuses_expectations_and_encodings_it_does_not_know) {
  TestServer server;
  const RawResponse expect =
      ask(server, "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(expect.status, 417);
  const RawResponse gzip = ask(
      server,
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(gzip.status, 415);
  EXPECT_NE(gzip.body.find("gzip"), std::string::npos);
  EXPECT_EQ(gzip.headers.at("connection"), "close");
}

TEST(Connection, gives_each_response_the_clients_request_id_or_one_of_its_own) {
  TestServer server;
  const auto id_of = [&server](std::string_view header) {
    return ask(server, fmt::format("GET /ping HTTP/1.1\r\nHost: localhost\r\n{}\r\n", header))
        .headers.at("x-request-id");
  };
  EXPECT_EQ(id_of("X-Request-Id: my.id-1_A\r\n"), "my.id-1_A");
  EXPECT_TRUE(id_of("").starts_with("req_"));
  EXPECT_TRUE(id_of("X-Request-Id: spaces are not sane\r\n").starts_with("req_"));
  EXPECT_TRUE(ask(server, "garbage\r\n\r\n").headers.at("x-request-id").starts_with("req_"));
}

TEST(Connection, says_what_is_wrong_with_a_bad_request_and_closes) {
  TestServer server;
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /ping HTTP/1.1\r\nHost localhost\r\n\r\n"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("header's name"), std::string::npos) << response.body;
  EXPECT_EQ(client.read_to_end(), "");
}

asio::awaitable<void> throws(Exchange&) {
  throw std::runtime_error("the secret reason");
  co_return;
}

asio::awaitable<void> says_nothing(Exchange&) { co_return; }

TEST(Connection, turns_what_a_handler_throws_into_a_500_and_goes_on_serving) {
  auto router = test_router();
  router->add("GET", "/throws", throws);
  router->add("GET", "/silent", says_nothing);
  TestServer server(router);
  for (const char* path : {"/throws", "/silent"}) {
    RawClient client(server.port());
    ASSERT_TRUE(
        client.send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nx-request-id: r1\r\n\r\n", path)));
    const RawResponse response = client.read_response();
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "internal|the server failed to answer; its log says why under r1|");
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_EQ(ask(server, kPing).status, 200);
}

TEST(Connection, shows_the_handler_the_request_as_it_is) {
  auto router = test_router();
  struct Show {
    static asio::awaitable<void> serve(Exchange& exchange) {
      const Request& request = exchange.request();
      std::ignore = co_await exchange.respond(
          {.body = fmt::format("{}|{}|{}|{}|{}", request.method, request.path, request.query,
                               request.captures.at(0), request.remote.substr(0, 10)),
           .headers = {{"X-Extra", "yes"}}});
    }
  };
  router->add("PUT", "/item/{}", [](Exchange& exchange) { return Show::serve(exchange); });
  TestServer server(router);
  const RawResponse response = ask(server, "PUT /item/a%2Fb?x=%20 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(response.body, "PUT|/item/a/b|x=%20|a/b|127.0.0.1:");
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.headers.at("x-extra"), "yes");
}

}  // namespace
}  // namespace minerva::http
