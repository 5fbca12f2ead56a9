#include "gateway/restart_policy.h"

#include <gtest/gtest.h>

namespace minerva::gateway {
namespace {

using std::chrono::milliseconds;

TEST(RestartPolicy, RestartsAtOnceThenInGrowingPausesThenGivesUp) {
  RestartPolicy policy{RestartTimes{}};
  for (const int pause : {0, 250, 500, 1000}) {
    const auto decision = policy.after_death(false);
    EXPECT_EQ(decision.pause, milliseconds{pause});
    EXPECT_FALSE(decision.give_up);
  }
  for (int again = 0; again < 3; ++again) {
    const auto decision = policy.after_death(false);
    EXPECT_EQ(decision.pause, milliseconds{30'000});
    EXPECT_TRUE(decision.give_up);
  }
}

TEST(RestartPolicy, ForgivesAWorkerThatCompletedAStep) {
  RestartPolicy policy{RestartTimes{}};
  for (int death = 0; death < 4; ++death) (void)policy.after_death(false);
  EXPECT_EQ(policy.after_death(true).pause, milliseconds{0});
  EXPECT_EQ(policy.n_barren(), 0U);
  EXPECT_EQ(policy.after_death(false).pause, milliseconds{0});
  EXPECT_EQ(policy.after_death(false).pause, milliseconds{250});
}

TEST(RestartPolicy, TriesARefusingWorkerRarely) {
  const RestartPolicy policy{RestartTimes{.failed_pause = milliseconds{7000}}};
  EXPECT_TRUE(policy.after_refusal().give_up);
  EXPECT_EQ(policy.after_refusal().pause, milliseconds{7000});
}

}  // namespace
}  // namespace minerva::gateway
