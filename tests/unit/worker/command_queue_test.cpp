#include "worker/command_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace minerva::worker {
namespace {

constexpr std::chrono::milliseconds kLong{60'000};

std::uint64_t id_of(const Command& command) { return std::get<wire::Cancel>(command).id; }

TEST(CommandQueue, GivesEverythingBackInOrder) {
  CommandQueue queue;
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_TRUE(queue.push(wire::Cancel{.id = id}));
  const auto taken = queue.take(kLong);
  ASSERT_EQ(taken.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(id_of(taken[i]), i + 1);
  EXPECT_TRUE(queue.take(std::chrono::milliseconds{0}).empty());
}

TEST(CommandQueue, WakesTheTakerForACommandAndForTheEnd) {
  CommandQueue queue;
  std::jthread pusher{[&] { queue.push(wire::Cancel{.id = 5}); }};
  const auto taken = queue.take(kLong);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(id_of(taken.front()), 5U);
  std::jthread closer{[&] { queue.close({}); }};
  EXPECT_TRUE(queue.take(kLong).empty());
  EXPECT_TRUE(queue.closed());
}

TEST(CommandQueue, MakesAReaderWaitWhileItIsFullAndLetsItGoAtTheEnd) {
  CommandQueue queue;
  for (std::size_t i = 0; i < CommandQueue::kCapacity; ++i) EXPECT_TRUE(queue.push(wire::Cancel{.id = i}));
  std::atomic<int> outcome{-1};
  std::jthread pusher{[&] { outcome = queue.push(wire::Cancel{.id = 9999}) ? 1 : 0; }};
  EXPECT_EQ(queue.take(kLong).size(), CommandQueue::kCapacity);
  EXPECT_EQ(id_of(queue.take(kLong).front()), 9999U);
  pusher.join();
  EXPECT_EQ(outcome, 1);
  queue.close({});
  EXPECT_FALSE(queue.push(wire::Cancel{.id = 1}));
}

TEST(CommandQueue, KeepsTheFirstReasonForTheEnd) {
  CommandQueue queue;
  queue.close(fail(ErrorCode::kWorkerCrashed, "the peer is gone"));
  queue.close({});
  ASSERT_FALSE(queue.close_reason());
  EXPECT_EQ(queue.close_reason().error().message, "the peer is gone");
}

}  // namespace
}  // namespace minerva::worker
