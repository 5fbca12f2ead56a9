#include "engine/preemption.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/output_estimate.h"

namespace minerva::engine {
namespace {

constexpr Claim claim(std::uint32_t tenant, std::int32_t priority, std::uint64_t arrival) {
  return {.tenant = tenant, .priority = priority, .arrival = arrival};
}

TEST(Preemption, ExhaustionTakesTheLastOfTheLowestPriority) {
  EXPECT_EQ(victim_of_exhaustion(std::vector{claim(0, 0, 1), claim(0, 0, 3), claim(0, 0, 2)}), 1U);
  EXPECT_EQ(victim_of_exhaustion(std::vector{claim(0, 0, 1), claim(0, -1, 2), claim(0, 1, 3)}), 1U);
}

TEST(Preemption, ExhaustionSparesTheOnlyOne) {
  EXPECT_FALSE(victim_of_exhaustion(std::vector{claim(0, 0, 1)}));
  EXPECT_FALSE(victim_of_exhaustion({}));
}

TEST(Preemption, AHigherPriorityTakesTheSlotOfALower) {
  const std::vector holders{claim(0, 0, 1), claim(0, 0, 2)};
  EXPECT_EQ(victim_for(claim(0, 1, 9), holders), 1U);
  EXPECT_FALSE(victim_for(claim(0, 0, 9), holders));
  EXPECT_FALSE(victim_for(claim(0, -1, 9), holders));
}

TEST(Preemption, ATenantWithoutASlotGetsOneOfTheTenantThatHoldsMost) {
  const std::vector holders{claim(1, 0, 1), claim(1, 0, 2), claim(1, 0, 3), claim(3, 0, 4)};
  EXPECT_EQ(victim_for(claim(2, 0, 9), holders), 2U);
}

TEST(Preemption, NobodyGivesWayToOneWhoWouldThenHoldMore) {
  EXPECT_FALSE(victim_for(claim(2, 0, 9), std::vector{claim(1, 0, 1)}));
  EXPECT_FALSE(victim_for(claim(2, 0, 9), std::vector{claim(1, 0, 1), claim(1, 0, 2), claim(2, 0, 3)}));
}

TEST(Preemption, AHigherPriorityGivesNoWayToAFairShare) {
  EXPECT_FALSE(victim_for(claim(2, 0, 9), std::vector{claim(1, 1, 1), claim(1, 1, 2)}));
}

TEST(OutputEstimate, LearnsHowMuchOfTheirAllowanceRequestsUse) {
  OutputEstimate outputs;
  EXPECT_EQ(outputs.n_more(0, 100), 50U);
  for (int i = 0; i < 200; ++i) outputs.learn(10, 100);
  EXPECT_EQ(outputs.n_more(0, 1000), 100U);
  // One that outlives the guess is believed to need the same part of what is left.
  EXPECT_EQ(outputs.n_more(500, 1000), 50U);
}

}  // namespace
}  // namespace minerva::engine
