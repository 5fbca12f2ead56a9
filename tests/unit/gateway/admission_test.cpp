#include "gateway/admission.h"

#include <gtest/gtest.h>

namespace minerva::gateway {
namespace {

using std::chrono::milliseconds;

TEST(Admission, LetsInAsManyAsRunAndWait) {
  const Admission admission{2};
  EXPECT_TRUE(admission.admit(0, 4));
  EXPECT_TRUE(admission.admit(5, 4));
  const auto refused = admission.admit(6, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kQueueFull);
}

TEST(Admission, WithoutAQueueLetsInOnlyWhatRuns) {
  const Admission admission{0};
  EXPECT_TRUE(admission.admit(0, 1));
  EXPECT_FALSE(admission.admit(1, 1));
}

TEST(Admission, SaysToComeBackInASecondWhenNothingIsKnownYet) {
  EXPECT_EQ(Admission{0}.admit(1, 1).error().retry_after_s, 1U);
}

TEST(Admission, ReckonsTheRetryFromDurationsAndTheQueue) {
  Admission admission{6};
  admission.note_duration(milliseconds{4000});
  // Eight requests, two at a time: four rounds of four seconds.
  EXPECT_EQ(admission.admit(8, 2).error().retry_after_s, 16U);
}

TEST(Admission, FollowsChangingDurationsAndStaysWithinItsBound) {
  Admission admission{0};
  admission.note_duration(milliseconds{1000});
  for (int i = 0; i < 50; ++i) admission.note_duration(milliseconds{10'000});
  EXPECT_EQ(admission.admit(1, 1).error().retry_after_s, 10U);
  for (int i = 0; i < 50; ++i) admission.note_duration(milliseconds{3'600'000});
  EXPECT_EQ(admission.admit(1, 1).error().retry_after_s, 120U);
}

}  // namespace
}  // namespace minerva::gateway
