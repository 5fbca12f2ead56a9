#include "gateway/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace minerva::gateway {
namespace {

using std::chrono::milliseconds;

Admission with_open(std::uint32_t max_queue, bool has_several_tenants, std::uint32_t tenant,
                    std::uint32_t n) {
  Admission admission{max_queue, has_several_tenants};
  for (std::uint32_t i = 0; i < n; ++i) admission.opened(tenant);
  return admission;
}

// Lets in as many as there is place for, and says how many those were.
std::uint32_t flood(Admission& admission, std::uint32_t tenant, std::uint32_t n_parallel) {
  std::uint32_t n = 0;
  for (; admission.admit(tenant, 1, n_parallel); ++n) admission.opened(tenant);
  return n;
}

TEST(Admission, LetsInAsManyAsRunAndWait) {
  Admission admission{2, false};
  EXPECT_EQ(flood(admission, 0, 4), 6U);
  const auto refused = admission.admit(0, 1, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kQueueFull);
  admission.closed(0);
  EXPECT_TRUE(admission.admit(0, 1, 4));
}

TEST(Admission, LetsInAllChoicesOfARequestOrNone) {
  Admission admission{2, false};
  EXPECT_TRUE(admission.admit(0, 6, 4));
  for (int i = 0; i < 3; ++i) admission.opened(0);
  EXPECT_TRUE(admission.admit(0, 3, 4));
  const auto refused = admission.admit(0, 4, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kQueueFull);
}

TEST(Admission, SendsNobodyToWaitForMorePlacesThanThereAre) {
  const auto refused = Admission{2, false}.admit(0, 7, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused.error().field, "n");
  EXPECT_EQ(refused.error().message,
            "n is 7, but this server takes no more than 6 at once from one client (4 that run and 2 that "
            "wait): ask "
            "for fewer, or start it with a larger --parallel or --max-queue");
  EXPECT_TRUE((Admission{60, true}.admit(0, 4 + 30, 4)));
  EXPECT_EQ((Admission{60, true}.admit(0, 4 + 31, 4).error().code), ErrorCode::kInvalidRequest);
}

TEST(Admission, LetsInTheChoicesOfARequestWhereSoManyRequestsWouldBeLetIn) {
  std::mt19937 random{1};
  for (int round = 0; round < 2000; ++round) {
    const std::uint32_t n_parallel = 1 + random() % 4;
    Admission admission{static_cast<std::uint32_t>(random() % 12), random() % 2 == 0};
    for (std::uint32_t tenant = 1; tenant <= 2; ++tenant) {
      for (auto n = random() % 8; n > 0 && admission.admit(tenant, 1, n_parallel); --n)
        admission.opened(tenant);
    }
    const auto n_choices = static_cast<std::uint32_t>(1 + random() % 6);
    const bool together = admission.admit(1, n_choices, n_parallel).has_value();
    std::uint32_t n_alone = 0;
    for (; n_alone < n_choices && admission.admit(1, 1, n_parallel); ++n_alone) admission.opened(1);
    EXPECT_EQ(together, n_alone == n_choices) << "round " << round;
  }
}

TEST(Admission, WithoutAQueueLetsInOnlyWhatRuns) {
  Admission admission{0, true};
  EXPECT_EQ(flood(admission, 1, 2), 2U);
  EXPECT_EQ(admission.admit(2, 1, 2).error().code, ErrorCode::kQueueFull);
}

TEST(Admission, GivesOneKeyHalfOfTheQueueAndTwoAThirdEach) {
  Admission admission{60, true};
  EXPECT_EQ(flood(admission, 1, 4), 4U + 30U);
  const auto refused = admission.admit(1, 1, 4);
  EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("30 requests with this API key wait already"));
  flood(admission, 2, 4);
  EXPECT_EQ(admission.admit(2, 1, 4).error().code, ErrorCode::kRateLimited);
  EXPECT_TRUE(admission.admit(3, 1, 4)) << "a newcomer finds a place";
}

TEST(Admission, NeverRefusesAKeyWhatMayRunAtOnceWhileThereIsAPlace) {
  Admission admission = with_open(8, true, 1, 4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(admission.admit(2, 1, 4)) << i;
    admission.opened(2);
  }
}

// Whoever floods in whatever order: the newcomer's first request is let in, as long as there are fewer flooders than places.
TEST(Admission, KeepsAPlaceForANewcomerInEveryFlood) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random{seed};
    Admission admission{64, true};
    std::vector<std::uint32_t> open;
    for (int i = 0; i < 2000; ++i) {
      const auto tenant = static_cast<std::uint32_t>(1 + random() % 5);
      if (admission.admit(tenant, 1, 4)) {
        admission.opened(tenant);
        open.push_back(tenant);
      }
      ASSERT_TRUE(admission.admit(9, 1, 4)) << "seed " << seed << " step " << i;
      if (!open.empty() && random() % 3 == 0) {
        std::swap(open[random() % open.size()], open.back());
        admission.closed(open.back());
        open.pop_back();
      }
    }
  }
}

TEST(Admission, SaysToComeBackInASecondWhenNothingIsKnownYet) {
  EXPECT_EQ(with_open(0, false, 0, 1).admit(0, 1, 1).error().retry_after_s, 1U);
}

TEST(Admission, ReckonsTheRetryFromWhatWaitsAndHowFastSlotsBecomeFree) {
  Admission admission = with_open(6, false, 0, 8);
  admission.note_service(milliseconds{4000});
  // Six wait, two slots end one every two seconds.
  EXPECT_EQ(admission.admit(0, 1, 2).error().retry_after_s, 12U);
}

TEST(Admission, TellsAKeyWithItsShareToWaitForItsOwnRequestsNotForEverybodys) {
  Admission admission = with_open(100, true, 1, 52);
  admission.note_service(milliseconds{1000});
  EXPECT_EQ(admission.admit(1, 1, 2).error().retry_after_s, 25U) << "50 of its own, alone";
  for (int i = 0; i < 10; ++i) admission.opened(2);
  EXPECT_EQ(admission.admit(1, 1, 2).error().retry_after_s, 30U) << "60 wait in all";
}

TEST(Admission, FollowsChangingDurationsAndStaysWithinItsBound) {
  Admission admission = with_open(0, false, 0, 1);
  admission.note_service(milliseconds{1000});
  for (int i = 0; i < 50; ++i) admission.note_service(milliseconds{10'000});
  EXPECT_EQ(admission.admit(0, 1, 1).error().retry_after_s, 10U);
  for (int i = 0; i < 50; ++i) admission.note_service(milliseconds{3'600'000});
  EXPECT_EQ(admission.admit(0, 1, 1).error().retry_after_s, 120U);
}

}  // namespace
}  // namespace minerva::gateway
