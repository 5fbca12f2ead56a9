#include "engine/admission_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace minerva::engine {
namespace {

constexpr std::uint32_t kContext = 4096;
const OutputEstimate kOutputs;

struct Request {
  std::uint64_t id = 0;
  std::uint32_t tenant = 0;
  std::int32_t priority = 0;
  std::uint32_t n_prompt = 100;
  std::uint32_t max_tokens = 25;
};

std::unique_ptr<Sequence> make(const Request& request) {
  wire::GenerationSpec spec;
  spec.id = request.id;
  spec.tenant = request.tenant;
  spec.priority = request.priority;
  spec.max_tokens = request.max_tokens;
  return std::make_unique<Sequence>(std::move(spec), std::vector<inference::Token>(request.n_prompt, 7),
                                    Sequence::Time{0});
}

// Its prompt was computed, and so many tokens were generated.
void end(AdmissionQueue& queue, Sequence& sequence, std::uint32_t n_generated) {
  for (std::uint32_t i = 0; i < n_generated; ++i) std::ignore = sequence.take(1, "x");
  sequence.n_computed = sequence.n_tokens();
  queue.settle(sequence);
}

std::unique_ptr<Sequence> take_next(AdmissionQueue& queue) {
  const Sequence* next = AdmissionQueue::Walk{queue}.next();
  return next == nullptr ? nullptr : queue.take(*next);
}

// Lets in all that wait, each ending as expected before the next.
std::vector<std::uint64_t> drain(AdmissionQueue& queue) {
  std::vector<std::uint64_t> ids;
  while (const auto sequence = take_next(queue)) {
    ids.push_back(sequence->id());
    end(queue, *sequence, sequence->spec().max_tokens);
  }
  return ids;
}

using Ids = std::vector<std::uint64_t>;

TEST(AdmissionQueue, KeepsTheOrderOfArrivalWithinATenant) {
  AdmissionQueue queue{kContext, kOutputs};
  for (std::uint64_t id = 1; id <= 4; ++id) queue.push(make({.id = id}));
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_EQ(drain(queue), (Ids{1, 2, 3, 4}));
  EXPECT_TRUE(queue.empty());
}

TEST(AdmissionQueue, LetsTenantsTakeTurnsHoweverManyRequestsOneSends) {
  AdmissionQueue queue{kContext, kOutputs};
  for (std::uint64_t id = 1; id <= 4; ++id) queue.push(make({.id = id, .tenant = 1}));
  for (std::uint64_t id = 11; id <= 12; ++id) queue.push(make({.id = id, .tenant = 2}));
  EXPECT_EQ(drain(queue), (Ids{1, 11, 2, 12, 3, 4}));
}

TEST(AdmissionQueue, CountsTurnsInCostNotInRequests) {
  AdmissionQueue queue{kContext, kOutputs};
  for (std::uint64_t id = 1; id <= 2; ++id)
    queue.push(make({.id = id, .tenant = 1, .n_prompt = 200, .max_tokens = 100}));        // 600 each
  for (std::uint64_t id = 11; id <= 16; ++id) queue.push(make({.id = id, .tenant = 2}));  // 200 each
  EXPECT_EQ(drain(queue), (Ids{1, 11, 12, 13, 2, 14, 15, 16}));
}

TEST(AdmissionQueue, ChargesWhatARequestReallyTook) {
  AdmissionQueue queue{kContext, kOutputs};
  queue.push(make({.id = 1, .tenant = 1, .max_tokens = 2000}));
  for (std::uint64_t id = 11; id <= 13; ++id) queue.push(make({.id = id, .tenant = 2, .max_tokens = 100}));
  const auto modest = take_next(queue);
  ASSERT_EQ(modest->id(), 1U);
  end(queue, *modest, 1);  // it was allowed 2000 tokens, and said one
  queue.push(make({.id = 2, .tenant = 1}));
  EXPECT_EQ(drain(queue), (Ids{11, 2, 12, 13}));
}

TEST(AdmissionQueue, ChargesNothingForARequestThatLeftTheQueue) {
  AdmissionQueue queue{kContext, kOutputs};
  queue.push(make({.id = 1, .tenant = 1}));
  queue.push(make({.id = 11, .tenant = 2}));
  const auto gone = queue.remove(1);
  ASSERT_NE(gone, nullptr);
  queue.settle(*gone);
  EXPECT_EQ(queue.remove(1), nullptr);
  queue.push(make({.id = 2, .tenant = 1}));
  EXPECT_EQ(drain(queue), (Ids{11, 2}));
}

TEST(AdmissionQueue, PutsHigherPrioritiesFirst) {
  AdmissionQueue queue{kContext, kOutputs};
  queue.push(make({.id = 1, .priority = -2}));
  queue.push(make({.id = 2}));
  queue.push(make({.id = 3, .tenant = 2, .priority = 5}));
  queue.push(make({.id = 4, .priority = 5}));
  EXPECT_EQ(drain(queue), (Ids{3, 4, 2, 1}));
}

TEST(AdmissionQueue, RaisesWhatIsOvertakenUntilItsTurnComes) {
  AdmissionQueue queue{kContext, kOutputs};
  queue.push(make({.id = 1, .priority = 0}));
  std::uint64_t n_before = 0;
  for (std::uint64_t id = 2;; ++id) {
    queue.push(make({.id = id, .tenant = 2, .priority = 10}));
    if (take_next(queue)->id() == 1) break;
    ASSERT_LT(++n_before, 200U);
  }
  EXPECT_GE(n_before, 80U) << "ten levels of eight";
  EXPECT_LE(n_before, 82U);
}

TEST(AdmissionQueue, PutsWhatWasSetAsideBeforeItsTenantsOthersAndChargesItOnce) {
  AdmissionQueue queue{kContext, kOutputs};
  for (std::uint64_t id = 1; id <= 3; ++id) queue.push(make({.id = id, .tenant = 1}));
  auto first = take_next(queue);
  auto second = take_next(queue);
  const auto charged = first->charged;
  EXPECT_GT(charged, 0);
  queue.push_front(std::move(second));
  queue.push_front(std::move(first));
  const auto again = take_next(queue);
  EXPECT_EQ(again->id(), 1U);
  EXPECT_EQ(again->charged, charged);
  EXPECT_EQ(drain(queue), (Ids{2, 3}));
}

TEST(AdmissionQueue, ShowsInAWalkWhoComesNextWhenSomeAreNotTaken) {
  AdmissionQueue queue{kContext, kOutputs};
  for (std::uint64_t id = 1; id <= 3; ++id) queue.push(make({.id = id, .tenant = 1}));
  for (std::uint64_t id = 11; id <= 12; ++id) queue.push(make({.id = id, .tenant = 2}));
  AdmissionQueue::Walk walk{queue};
  EXPECT_EQ(walk.next()->id(), 1U);  // keeps its place
  EXPECT_EQ(queue.take(*walk.next())->id(), 11U);
  EXPECT_EQ(queue.take(*walk.next())->id(), 2U);
  EXPECT_EQ(walk.next()->id(), 12U);
  EXPECT_EQ(walk.next()->id(), 3U);
  EXPECT_EQ(walk.next(), nullptr);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(drain(queue).front(), 1U);
}

TEST(AdmissionQueue, NamesTheFirstOfEachTenantAndLevel) {
  AdmissionQueue queue{kContext, kOutputs};
  for (std::uint64_t id = 1; id <= 3; ++id) queue.push(make({.id = id, .tenant = 1}));
  queue.push(make({.id = 4, .tenant = 1, .priority = 2}));
  for (std::uint64_t id = 11; id <= 13; ++id) queue.push(make({.id = id, .tenant = 2}));
  queue.push_front(make({.id = 14, .tenant = 2}));
  const auto taken = take_next(queue);  // 4: tenant 1 is charged
  ASSERT_EQ(taken->id(), 4U);
  Ids ids;
  for (const Sequence* sequence : queue.first_of_each_claim()) ids.push_back(sequence->id());
  EXPECT_EQ(ids, (Ids{14, 1}));
}

// --- a server with few slots, in time

struct Flood {
  std::uint32_t tenant;
  std::uint32_t n_clients;  // each sends its next request when its last one ended
  std::uint32_t n_prompt;
  std::uint32_t max_tokens;
};

struct Served {
  std::map<std::uint32_t, std::uint64_t> cost;       // of the requests that ended, by tenant
  std::map<std::uint32_t, std::uint64_t> most_wait;  // longest time in the queue, by tenant
};

// A slot serves one unit of cost a tick. Every client has a request open at all times.
Served simulate(const std::vector<Flood>& floods, std::size_t n_slots, int n_ticks, std::uint32_t seed) {
  struct Running {
    std::unique_ptr<Sequence> sequence;
    std::uint64_t cost;
    std::uint64_t n_left;
    const Flood* flood;
  };
  std::mt19937 random{seed};
  AdmissionQueue queue{kContext, kOutputs};
  Served served;
  std::vector<Running> running;
  std::map<std::uint64_t, std::pair<const Flood*, int>> waiting;
  std::uint64_t last_id = 0;
  const auto send = [&](const Flood& flood, int now) {
    waiting[++last_id] = {&flood, now};
    queue.push(make(
        {.id = last_id, .tenant = flood.tenant, .n_prompt = flood.n_prompt, .max_tokens = flood.max_tokens}));
  };
  for (const Flood& flood : floods) {
    for (std::uint32_t i = 0; i < flood.n_clients; ++i) send(flood, 0);
  }
  for (int now = 0; now < n_ticks; ++now) {
    while (running.size() < n_slots) {
      auto sequence = take_next(queue);
      if (!sequence) break;
      const auto [flood, since] = waiting.extract(sequence->id()).mapped();
      auto& wait = served.most_wait[flood->tenant];
      wait = std::max(wait, static_cast<std::uint64_t>(now - since));
      // The answer takes between a fifth and all of what it is allowed.
      const auto n_generated = static_cast<std::uint32_t>(flood->max_tokens * (20 + random() % 81) / 100);
      const std::uint64_t cost = flood->n_prompt + 4 * std::uint64_t{n_generated};
      std::ignore = sequence->take(1, "x");
      while (sequence->n_generated() < n_generated) std::ignore = sequence->take(1, "x");
      running.push_back({std::move(sequence), cost, cost, flood});
    }
    for (std::size_t i = 0; i < running.size();) {
      if (--running[i].n_left > 0) {
        ++i;
        continue;
      }
      queue.settle(*running[i].sequence);
      served.cost[running[i].flood->tenant] += running[i].cost;
      send(*running[i].flood, now);
      std::swap(running[i], running.back());
      running.pop_back();
    }
  }
  return served;
}

TEST(AdmissionSimulation, TenantsThatAllWantMoreGetEqualCostWhateverTheirRequestsLookLike) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    const std::vector<Flood> floods{{.tenant = 1, .n_clients = 40, .n_prompt = 300, .max_tokens = 100},
                                    {.tenant = 2, .n_clients = 8, .n_prompt = 20, .max_tokens = 10},
                                    {.tenant = 3, .n_clients = 4, .n_prompt = 1000, .max_tokens = 300}};
    const Served served = simulate(floods, 4, 200'000, seed);
    const double third = 4.0 * 200'000 / 3;
    for (const auto& [tenant, cost] : served.cost) {
      EXPECT_NEAR(static_cast<double>(cost), third, 0.05 * third) << "tenant " << tenant << " seed " << seed;
    }
  }
}

TEST(AdmissionSimulation, OneClientWaitsForTheNextFreeSlotOnlyHoweverManyAnotherTenantHas) {
  for (const std::uint32_t n_clients : {8U, 64U, 500U}) {
    const std::vector<Flood> floods{{.tenant = 1, .n_clients = n_clients, .n_prompt = 100, .max_tokens = 50},
                                    {.tenant = 2, .n_clients = 1, .n_prompt = 100, .max_tokens = 20}};
    const Served served = simulate(floods, 4, 100'000, n_clients);
    EXPECT_LE(served.most_wait.at(2), 300U) << "the longest request of the other takes that long";
    EXPECT_GT(served.cost.at(2), 50'000U);
  }
}

}  // namespace
}  // namespace minerva::engine
