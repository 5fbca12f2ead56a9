// What a server does about clients that send too much, too slowly, or without a right to.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "raw_client.h"
#include "test_server.h"

namespace minerva::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPing = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";

ServerOptions with_limits(Limits limits) {
  ServerOptions options = test_options();
  options.limits = limits;
  return options;
}

RawResponse ask(const TestServer& server, std::string_view request) {
  RawClient client(server.port());
  client.send(request);
  return client.read_response();
}

TEST(Limits, refuse_a_body_by_its_length_before_reading_it) {
  TestServer server(test_router(), with_limits({.max_body = Bytes{100}}));
  RawClient client(server.port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "body_too_large|the body is larger than this server takes (100 B)|");
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Limits, refuse_a_chunked_body_when_it_has_grown_too_large) {
  TestServer server(test_router(), with_limits({.max_body = Bytes{100}}));
  std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) request += "a\r\n0123456789\r\n";
  EXPECT_EQ(ask(server, request).status, 413);
}

TEST(Limits, let_a_client_that_sends_all_its_body_anyway_see_the_answer) {
  TestServer server(test_router(), with_limits({.max_body = Bytes{100}}));
  RawClient client(server.port());
  std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n";
  request.append(4'000'000, 'x');
  ASSERT_TRUE(client.send(request));
  EXPECT_EQ(client.read_response().status, 413);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(client.was_reset());
}

TEST(Limits, refuse_heads_that_are_too_large_or_have_too_many_headers) {
  TestServer server(test_router(), with_limits({.max_header = Bytes{4096}, .max_headers = 10}));
  const RawResponse large =
      ask(server, "GET /ping HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(5000, 'x'));
  EXPECT_EQ(large.status, 431);
  EXPECT_NE(large.body.find("4.0 KiB"), std::string::npos) << large.body;
  std::string many = "GET /ping HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 10; ++i) many += fmt::format("X-{}: 1\r\n", i);
  EXPECT_EQ(ask(server, many + "\r\n").status, 431);
}

TEST(Limits, refuse_the_hundred_and_first_header_by_default) {
  TestServer server;
  std::string head = "GET /ping HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 99; ++i) head += "X: 1\r\n";
  EXPECT_EQ(ask(server, head + "\r\n").status, 200);
  EXPECT_EQ(ask(server, head + "X: 1\r\n\r\n").status, 431);
}

TEST(Limits, give_up_on_a_head_that_does_not_end) {
  TestServer server(test_router(), with_limits({.header_timeout = 50ms}));
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /ping HTTP/1.1\r\nHost: lo"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Limits, give_up_on_a_head_that_drips_for_ever) {
  TestServer server(test_router(),
                    with_limits({.max_header = kGiB, .max_headers = 1'000'000'000, .header_timeout = 100ms}));
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /ping HTTP/1.1\r\nHost: localhost\r\n"));
  const auto began = std::chrono::steady_clock::now();
  while (client.send("X: 1\r\n") && std::chrono::steady_clock::now() - began < 10s) {
    if (client.has_bytes()) break;
  }
  EXPECT_EQ(client.read_response().status, 408);
}

TEST(Limits, give_up_on_a_body_that_stops) {
  TestServer server(test_router(), with_limits({.body_timeout = 50ms}));
  RawClient client(server.port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_NE(response.body.find("body"), std::string::npos);
}

TEST(Limits, close_an_idle_connection_without_a_word) {
  TestServer server(test_router(), with_limits({.idle_timeout = 50ms}));
  RawClient client(server.port());
  ASSERT_TRUE(client.send(kPing));
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(Limits, turn_away_more_connections_than_allowed_and_take_new_ones_later) {
  TestServer server(test_router(), with_limits({.max_connections = 2}));
  auto first = std::make_unique<RawClient>(server.port());
  RawClient second(server.port());
  for (RawClient* client : {first.get(), &second}) {
    ASSERT_TRUE(client->send(kPing));
    EXPECT_EQ(client->read_response().status, 200);
  }
  RawClient third(server.port());
  const RawResponse refused = third.read_response();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(third.read_to_end(), "");
  first.reset();
  int status = 503;
  for (int attempt = 0; attempt < 1000 && status == 503; ++attempt) status = ask(server, kPing).status;
  EXPECT_EQ(status, 200) << "the first client's place came free";
}

TEST(Authorization, comes_before_the_body_is_read) {
  ServerOptions options = test_options();
  options.authorize = [](const Request& request) -> Status {
    EXPECT_TRUE(request.body.empty());
    if (find_header(request.headers, "authorization") == "Bearer right") return {};
    return fail(ErrorCode::kUnauthorized, "wrong key");
  };
  TestServer server(test_router(), options);
  RawClient client(server.port());
  ASSERT_TRUE(
      client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n"
                  "Expect: 100-continue\r\nContent-Length: 30000000\r\n\r\n"));
  const RawResponse response = client.read_response();
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(response.body, "unauthorized|wrong key|");
  EXPECT_EQ(ask(server, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 401)
      << "paths are not shown either";
  EXPECT_EQ(ask(server,
                "POST /echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer right\r\n"
                "Content-Length: 2\r\n\r\nhi")
                .body,
            "hi");
}

TEST(HostGuard, refuses_other_names_on_loopback) {
  TestServer server;
  const auto status_for = [&server](std::string_view host) {
    return ask(server, fmt::format("GET /ping HTTP/1.1\r\nHost: {}\r\n\r\n", host)).status;
  };
  EXPECT_EQ(status_for("localhost:1234"), 200);
  EXPECT_EQ(status_for("127.0.0.1"), 200);
  EXPECT_EQ(status_for("[::1]:80"), 200);
  EXPECT_EQ(status_for("evil.example"), 403);
  EXPECT_EQ(status_for("localhost.evil.example:8080"), 403);
  EXPECT_EQ(ask(server, "OPTIONS /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 403);
  const RawResponse refused = ask(server, "GET /ping HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_NE(refused.body.find("DNS rebinding"), std::string::npos);
  EXPECT_NE(refused.body.find("forbidden"), std::string::npos);
}

TEST(HostGuard, is_off_on_other_addresses_and_on_request) {
  ServerOptions open = test_options();
  open.host = "0.0.0.0";
  TestServer on_all(test_router(), open);
  EXPECT_EQ(ask(on_all, "GET /ping HTTP/1.1\r\nHost: my.example\r\n\r\n").status, 200);
  ServerOptions unguarded = test_options();
  unguarded.check_host = false;
  TestServer server(test_router(), unguarded);
  EXPECT_EQ(ask(server, "GET /ping HTTP/1.1\r\nHost: my.example\r\n\r\n").status, 200);
}

}  // namespace
}  // namespace minerva::http
