#include "engine/cost_model.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using std::chrono::microseconds;

TEST(CostModel, KnowsNothingBeforeTheFirstPrompt) {
  CostModel costs;
  EXPECT_FALSE(costs.prefill_within(microseconds{100'000}, 0));
  costs.learn({.n_decode = 4, .n_prefill = 0, .duration = microseconds{8000}});
  EXPECT_FALSE(costs.prefill_within(microseconds{100'000}, 4));
}

TEST(CostModel, LeavesRoomForTheRunningSequences) {
  CostModel costs;
  costs.learn({.n_decode = 0, .n_prefill = 100, .duration = microseconds{200'000}});  // 2 ms a token
  EXPECT_EQ(costs.prefill_within(microseconds{100'000}, 0), 50);
  costs.learn({.n_decode = 4, .n_prefill = 0, .duration = microseconds{20'000}});
  EXPECT_EQ(costs.prefill_within(microseconds{100'000}, 4), 40);
  EXPECT_EQ(costs.prefill_within(microseconds{10'000}, 4), 0);
}

TEST(CostModel, FollowsAMachineThatGotSlower) {
  CostModel costs;
  costs.learn({.n_decode = 0, .n_prefill = 100, .duration = microseconds{100'000}});
  for (int i = 0; i < 20; ++i)
    costs.learn({.n_decode = 0, .n_prefill = 100, .duration = microseconds{1'000'000}});
  const auto n = costs.prefill_within(microseconds{100'000}, 0);
  ASSERT_TRUE(n);
  EXPECT_GE(*n, 9U);
  EXPECT_LE(*n, 11U);
}

TEST(CostModel, PredictsAMixedStepThatItHasSeen) {
  CostModel costs;
  costs.learn({.n_decode = 2, .n_prefill = 0, .duration = microseconds{10'000}});
  costs.learn({.n_decode = 2, .n_prefill = 64, .duration = microseconds{74'000}});
  EXPECT_EQ(costs.prefill_within(microseconds{74'000}, 2), 64);
}

TEST(CostModel, DoesNotMistakeAFewTokensForTheStepsFixedCost) {
  CostModel costs;
  costs.learn({.n_decode = 0, .n_prefill = 1, .duration = microseconds{50'000}});
  EXPECT_FALSE(costs.prefill_within(microseconds{100'000}, 0));
}

}  // namespace
}  // namespace minerva::engine
