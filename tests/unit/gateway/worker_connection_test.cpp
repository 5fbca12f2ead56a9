#include "gateway/worker_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>

#include "run_coroutine.h"
#include "wire/channel.h"

namespace minerva::gateway {
namespace {

struct WorkerConnectionTest : testing::Test {
  WorkerConnectionTest() {
    const auto ends = wire::make_socket_pair().value();
    connection = std::make_shared<WorkerConnection>(io.get_executor(), ends.first);
    peer_fd = ends.second;
    peer.emplace(ends.second);
    boost::asio::co_spawn(io, WorkerConnection::write_loop(connection), boost::asio::detached);
  }
  ~WorkerConnectionTest() override {
    connection->close();
    io.restart();
    io.poll();
  }
  Result<std::optional<wire::Message>> receive() { return finish(io, WorkerConnection::receive(connection)); }

  boost::asio::io_context io;
  std::shared_ptr<WorkerConnection> connection;
  int peer_fd = -1;
  std::optional<wire::Channel> peer;
};

TEST_F(WorkerConnectionTest, CarriesMessagesBothWaysInOrder) {
  for (const std::uint64_t id : {1U, 2U, 3U}) ASSERT_TRUE(connection->send(wire::Cancel{.id = id}));
  io.poll();
  for (const std::uint64_t id : {1U, 2U, 3U}) {
    const auto message = peer->receive();
    ASSERT_TRUE(message && *message);
    EXPECT_EQ(std::get<wire::Cancel>(**message).id, id);
  }
  ASSERT_TRUE(peer->send(wire::LoadProgress{.fraction = 0.5F}));
  const auto message = receive();
  ASSERT_TRUE(message && *message);
  EXPECT_FLOAT_EQ(std::get<wire::LoadProgress>(**message).fraction, 0.5F);
}

TEST_F(WorkerConnectionTest, WhatThePeerSaidBeforeItsEndStillCounts) {
  ASSERT_TRUE(peer->send(wire::LoadProgress{.fraction = 1.0F}));
  peer.reset();
  ASSERT_TRUE(connection->send(wire::Shutdown{}));
  EXPECT_TRUE(receive().value().has_value());
  EXPECT_FALSE(receive().value().has_value());
  ASSERT_TRUE(connection->send(wire::Shutdown{}));
}

TEST_F(WorkerConnectionTest, BytesThatAreNoFrameAreAnError) {
  const std::string noise(64, 'z');
  ASSERT_EQ(::send(peer_fd, noise.data(), noise.size(), 0), static_cast<ssize_t>(noise.size()));
  EXPECT_FALSE(receive());
}

TEST_F(WorkerConnectionTest, ClosingEndsAWaitingReader) {
  const auto waiting = begin(io, WorkerConnection::receive(connection));
  EXPECT_FALSE(*waiting);
  connection->close();
  io.restart();
  io.poll();
  ASSERT_TRUE(*waiting);
  EXPECT_FALSE(waiting->value().value().has_value());
}

// The peer reads nothing: prompts pile up to the bound and no further, and a cancel still finds place.
TEST_F(WorkerConnectionTest, PromptsThatAWorkerDoesNotReadAreBounded) {
  wire::Submit submit;
  submit.spec.prompt.text.assign(std::size_t{32} * 1024 * 1024, 'p');
  int n_taken = 0;
  Status sent;
  while (n_taken < 16 && (sent = connection->send(submit))) ++n_taken;
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kQueueFull);
  EXPECT_EQ(n_taken, 7);
  EXPECT_TRUE(connection->send(wire::Cancel{.id = 1}));
}

}  // namespace
}  // namespace minerva::gateway
