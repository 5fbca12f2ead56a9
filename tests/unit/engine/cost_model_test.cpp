#include "engine/cost_model.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using std::chrono::microseconds;

StepCost decode_step(std::uint32_t n, std::int64_t us, std::uint64_t n_attended = 0) {
  return {.n_decode = n, .n_prefill = 0, .n_attended = n_attended, .duration = microseconds{us}};
}
StepCost prompt_step(std::uint32_t n, std::int64_t us, std::uint64_t n_attended = 0) {
  return {.n_decode = 0, .n_prefill = n, .n_attended = n_attended, .duration = microseconds{us}};
}

TEST(CostModel, KnowsNothingBeforeTheFirstStepOfItsKind) {
  CostModel costs;
  EXPECT_FALSE(costs.mixed(0, 100, 0));
  costs.learn(decode_step(4, 8000));
  EXPECT_FALSE(costs.mixed(4, 100, 0));
  EXPECT_TRUE(costs.decode(4, 0));
  EXPECT_FALSE(costs.decode(3, 0));
}

TEST(CostModel, TakesUnknownSizesFromTheLineBetweenKnownOnes) {
  CostModel costs;
  costs.learn(prompt_step(100, 200'000));
  EXPECT_NEAR(costs.mixed(0, 50, 0)->count(), 100'000, 1);
  EXPECT_NEAR(costs.mixed(0, 200, 0)->count(), 400'000, 1);
  costs.learn(prompt_step(300, 300'000));
  EXPECT_NEAR(costs.mixed(0, 200, 0)->count(), 250'000, 1);
}

TEST(CostModel, CountsTheRunningSequencesThatAPromptJoins) {
  CostModel costs;
  costs.learn(prompt_step(104, 220'000));
  costs.learn(decode_step(4, 20'000));
  EXPECT_NEAR(costs.mixed(4, 0, 0)->count(), 20'000, 1'000);
  EXPECT_NEAR(costs.mixed(4, 50, 0)->count(), 120'000, 1'000);
}

TEST(CostModel, FollowsAMachineThatGotSlower) {
  CostModel costs;
  costs.learn(prompt_step(100, 100'000));
  for (int i = 0; i < 40; ++i) costs.learn(prompt_step(100, 1'000'000));
  EXPECT_NEAR(costs.mixed(0, 100, 0)->count(), 1'000'000, 100'000);
}

TEST(CostModel, IsNotMovedFarByOneStepThatWasHeldUp) {
  CostModel costs;
  for (int i = 0; i < 5; ++i) costs.learn(decode_step(4, 10'000));
  costs.learn(decode_step(4, 5'000'000));
  EXPECT_LE(costs.decode(4, 0)->count(), 20'000);
}

TEST(CostModel, LearnsWhatContextCosts) {
  CostModel costs;
  // 10 ms and 1 us for each token attended to.
  for (const std::uint64_t n : {1000U, 3000U, 2000U, 5000U, 1000U, 4000U}) {
    costs.learn(decode_step(4, 10'000 + static_cast<std::int64_t>(n), n));
  }
  EXPECT_NEAR(costs.decode(4, 20'000)->count(), 30'000, 1'500);
  EXPECT_NEAR(costs.decode(4, 0)->count(), 10'000, 1'500);
}

TEST(CostModel, DoesNotMistakeAFewTokensForTheStepsFixedCost) {
  CostModel costs;
  costs.learn(prompt_step(1, 50'000));
  EXPECT_FALSE(costs.mixed(0, 100, 0));
}

TEST(CostModel, SaysHowOftenAndHowLongAgoAWidthWasMeasured) {
  CostModel costs;
  EXPECT_EQ(costs.n_measured(3), 0U);
  costs.learn(decode_step(3, 100));
  costs.learn(decode_step(4, 100));
  costs.learn(decode_step(4, 100));
  EXPECT_EQ(costs.n_measured(3), 1U);
  EXPECT_EQ(costs.age(3), 2U);
  EXPECT_EQ(costs.age(4), 0U);
}

}  // namespace
}  // namespace minerva::engine
