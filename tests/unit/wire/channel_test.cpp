#include "wire/channel.h"

#include <gtest/gtest.h>

#include <thread>

namespace minerva::wire {
namespace {

struct Pair {
  Pair() : Pair(*make_socket_pair()) {}
  explicit Pair(std::pair<int, int> ends) : gateway(ends.first), worker(ends.second) {}
  Channel gateway;
  Channel worker;
};

TEST(Channel, CarriesMessagesLargerThanTheKernelsBuffer) {
  Pair pair;
  Submit submit;
  submit.spec.prompt.text.assign(8U << 20, 'x');
  const std::jthread sender{[&] { ASSERT_TRUE(pair.gateway.send(submit).has_value()); }};
  const auto message = pair.worker.receive();
  ASSERT_TRUE(message.has_value() && message->has_value());
  EXPECT_EQ(std::get<Submit>(**message).spec.prompt.text.size(), 8U << 20);
}

TEST(Channel, MessagesOfSeveralThreadsArriveWholeAndInEachThreadsOrder) {
  Pair pair;
  constexpr std::uint64_t kEach = 500;
  {
    const auto send_all = [&](std::uint64_t first) {
      for (std::uint64_t i = 0; i < kEach; ++i)
        ASSERT_TRUE(pair.worker.send(Cancel{.id = first + i}).has_value());
    };
    const std::jthread one{send_all, 0};
    const std::jthread two{send_all, 10'000};
    std::uint64_t next_one = 0;
    std::uint64_t next_two = 10'000;
    for (std::uint64_t i = 0; i < 2 * kEach; ++i) {
      const auto message = pair.gateway.receive();
      ASSERT_TRUE(message.has_value() && message->has_value());
      const auto id = std::get<Cancel>(**message).id;
      EXPECT_EQ(id, id < 10'000 ? next_one++ : next_two++);
    }
  }
}

TEST(Channel, TheEndOfTheStreamIsNothingAndSendingIntoItIsAnError) {
  auto ends = *make_socket_pair();
  Channel worker{ends.second};
  { const Channel gateway{ends.first}; }
  const auto message = worker.receive();
  ASSERT_TRUE(message.has_value());
  EXPECT_FALSE(message->has_value());
  const auto sent = worker.send(Cancel{});
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, ErrorCode::kWorkerCrashed);
}

TEST(Channel, AWaitingReceiveIsWokenByTheCloseOfItsOwnEnd) {
  Pair pair;
  const std::jthread closer{[&] { pair.worker.close_both_ways(); }};
  const auto message = pair.worker.receive();
  ASSERT_TRUE(message.has_value());
  EXPECT_FALSE(message->has_value());
}

}  // namespace
}  // namespace minerva::wire
