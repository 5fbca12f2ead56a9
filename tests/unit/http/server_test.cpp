// Where a server listens, and how it stands many connections.

#include "http/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <memory>
#include <vector>

#include "http/client.h"
#include "raw_client.h"
#include "test_server.h"

namespace minerva::http {
namespace {

constexpr std::string_view kPing = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";

// What start() says for these options; the server is not run.
Status start_with(std::string host, std::uint16_t port) {
  boost::asio::io_context io;
  ServerOptions options = test_options();
  options.host = std::move(host);
  options.port = port;
  Server server(io.get_executor(), options, test_router());
  Status started = server.start();
  server.stop_accepting();
  io.run();
  return started;
}

TEST(Server, says_which_address_is_in_use_and_what_to_do) {
  TestServer first;
  const Status second = start_with("127.0.0.1", first.port());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kAddressInUse);
  EXPECT_EQ(second.error().field, "--port");
  const std::string port = std::to_string(first.port());
  for (const std::string& part : {"127.0.0.1:" + port, std::string{"--port"}, "sport = :" + port}) {
    EXPECT_NE(second.error().message.find(part), std::string::npos) << second.error().message;
  }
}

TEST(Server, says_when_a_host_is_no_address_of_this_machine) {
  // 192.0.2.0/24 is kept for documentation (RFC 5737), .invalid for names that never resolve (RFC 6761).
  for (const char* host : {"192.0.2.1", "no.such.host.invalid"}) {
    const Status started = start_with(host, 0);
    ASSERT_FALSE(started.has_value()) << host;
    EXPECT_EQ(started.error().code, ErrorCode::kInvalidConfiguration);
    EXPECT_EQ(started.error().field, "--host");
    EXPECT_NE(started.error().message.find(host), std::string::npos) << started.error().message;
  }
}

TEST(Server, takes_the_port_again_right_after_it_was_closed) {
  std::uint16_t port = 0;
  {
    TestServer first;
    port = first.port();
    RawClient client(port);
    ASSERT_TRUE(client.send(kPing));
    EXPECT_EQ(client.read_response().status, 200);
  }
  EXPECT_TRUE(start_with("127.0.0.1", port).has_value());
}

TEST(Server, listens_where_the_name_localhost_points) {
  ServerOptions options = test_options();
  options.host = "localhost";
  TestServer server(test_router(), options);
  Client client({.host = "localhost", .port = server.port()});
  const auto answer = client.send({.target = "/ping"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "pong");
}

TEST(Server, listens_on_ipv6_with_and_without_brackets) {
  if (!start_with("::1", 0)) GTEST_SKIP() << "this machine has no IPv6 loopback";
  for (const char* host : {"::1", "[::1]"}) {
    ServerOptions options = test_options();
    options.host = host;
    TestServer server(test_router(), options);
    Client client({.host = host, .port = server.port()});
    const auto answer = client.send({.target = "/ping"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "pong");
  }
}

// Sets the soft limit of open files while it lives.
class OpenFileLimit {
 public:
  explicit OpenFileLimit(rlim_t wanted) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit now{.rlim_cur = std::min(wanted, before_.rlim_max), .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~OpenFileLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  OpenFileLimit(const OpenFileLimit&) = delete;
  OpenFileLimit& operator=(const OpenFileLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(Server, answers_quickly_beside_a_thousand_idle_connections) {
  const OpenFileLimit enough(4096);
  TestServer server;
  std::vector<RawClient> idle;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(server.port());
  RawClient client(server.port());
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.send(kPing));
    ASSERT_EQ(client.read_response().status, 200);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{2});
  server.on_server([](Server& it) { EXPECT_EQ(it.n_connections(), 1001U); });
  ASSERT_TRUE(idle.back().send(kPing));
  EXPECT_EQ(idle.back().read_response().body, "pong");
}

TEST(Server, survives_running_out_of_file_descriptors) {
  TestServer server;
  std::vector<RawClient> clients;
  // All descriptors below the limit are taken but three: those are for the clients' own sockets, made while the server's
  // thread is here and not accepting. The kernel completes their connections without it.
  auto none_left = std::make_unique<OpenFileLimit>(256);
  std::vector<int> fillers;
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY))
    fillers.push_back(fd);
  ASSERT_GE(fillers.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    ::close(fillers.back());
    fillers.pop_back();
  }
  server.on_server([&clients](Server& it) {
    for (int i = 0; i < 3; ++i) clients.emplace_back(it.port());
  });
  for (RawClient& client : clients) ASSERT_TRUE(client.send(kPing));
  // Between two of these the server's loop has looked at its sockets, and failed to accept.
  for (int round = 0; round < 3; ++round)
    server.on_server([](Server& it) { EXPECT_EQ(it.n_connections(), 0U); });
  none_left.reset();
  for (const int fd : fillers) ::close(fd);
  for (RawClient& client : clients) EXPECT_EQ(client.read_response().body, "pong");
}

}  // namespace
}  // namespace minerva::http
