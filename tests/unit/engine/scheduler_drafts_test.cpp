#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/scheduler.h"

#include "plan_shares.h"

namespace minerva::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Costs of steps without prompts: `fixed` milliseconds and `each` for every token.
Scheduler measured(double fixed, double each) {
  Scheduler scheduler{{.n_batch = 512, .n_outputs = 16, .max_itl = milliseconds{0}}};
  for (int i = 0; i < 3; ++i) {
    for (std::uint32_t n = 1; n <= 16; ++n) {
      const auto us = static_cast<std::int64_t>(1000 * (fixed + each * n));
      scheduler.apply({.n_decode = n, .duration = microseconds{us}});
    }
  }
  return scheduler;
}

Runnable drafted(std::uint32_t lane, double hit_rate, std::uint32_t n_draft = 15) {
  return {.lane = lane, .decodes = true, .draft = {.n_draft = n_draft, .hit_rate = hit_rate}};
}

std::uint32_t n_of_first(const Scheduler& scheduler, const std::vector<Runnable>& snapshot) {
  return shares(scheduler.plan(snapshot)).at(0);
}

TEST(SchedulerDrafts, ComputesDraftedTokensAheadWhereThatPays) {
  const Scheduler cheap_tokens = measured(10, 0.1);
  EXPECT_EQ(n_of_first(cheap_tokens, {drafted(0, 0.99)}), 16U);
  EXPECT_EQ(n_of_first(cheap_tokens, {drafted(0, 0.01)}), 1U);
  EXPECT_EQ(n_of_first(measured(0.1, 10), {drafted(0, 0.99)}), 1U);
}

TEST(SchedulerDrafts, MakesNobodyWaitLongForTokensComputedAhead) {
  Scheduler scheduler{{.n_batch = 512, .n_outputs = 16, .max_itl = milliseconds{200}}};
  for (int i = 0; i < 3; ++i) {
    for (const std::uint32_t n : {1U, 2U, 4U, 8U, 16U})
      scheduler.apply({.n_decode = n, .duration = milliseconds{100 + 20 * n}});
  }
  EXPECT_EQ(n_of_first(scheduler, {drafted(0, 0.99)}), 4U);  // 8 at once take 260 ms
}

TEST(SchedulerDrafts, ComputesAsManyDraftedTokensForEachSequence) {
  const Scheduler scheduler = measured(10, 0.1);
  const std::vector<Runnable> both{drafted(0, 0.99), drafted(1, 0.99)};
  EXPECT_EQ(shares(scheduler.plan(both)), (std::map<std::size_t, std::uint32_t>{{0, 8}, {1, 8}}));
  const std::vector<Runnable> one{drafted(0, 0.99), drafted(1, 0, 0)};
  EXPECT_EQ(shares(scheduler.plan(one)), (std::map<std::size_t, std::uint32_t>{{0, 1}, {1, 1}}));
}

TEST(SchedulerDrafts, ComputesNoMoreDraftedTokensThanThereAre) {
  EXPECT_EQ(n_of_first(measured(10, 0.1), {drafted(0, 0.99, 6)}), 4U);
}

TEST(SchedulerDrafts, ComputesNothingAheadBesideAPrompt) {
  const std::vector<Runnable> snapshot{drafted(0, 0.99), {.n_left = 10}};
  EXPECT_EQ(n_of_first(measured(10, 0.1), snapshot), 1U);
}

TEST(SchedulerDrafts, TriesAnUnknownSizeOnlyWithGoodDrafts) {
  Scheduler scheduler{{.n_batch = 512, .n_outputs = 16, .max_itl = milliseconds{0}}};
  for (int i = 0; i < 3; ++i) scheduler.apply({.n_decode = 1, .duration = milliseconds{10}});
  EXPECT_EQ(n_of_first(scheduler, {drafted(0, 0.5)}), 1U);
  EXPECT_EQ(n_of_first(scheduler, {drafted(0, 0.9)}), 2U);
}

}  // namespace
}  // namespace minerva::engine
