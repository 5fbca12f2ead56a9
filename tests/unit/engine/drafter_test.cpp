#include "engine/drafter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Tokens = std::vector<wire::Token>;

Tokens first_drafted(const Tokens& tokens, std::size_t n) {
  Drafter drafter;
  drafter.draft_after(tokens);
  EXPECT_EQ(drafter.draft().size(), Drafter::kMostDrafted);
  return {drafter.draft().begin(), drafter.draft().begin() + static_cast<std::ptrdiff_t>(n)};
}

TEST(Drafter, GoesOnAsTheTextDidBefore) {
  EXPECT_THAT(first_drafted({1, 2, 3, 4, 5, 9, 1, 2}, 3), ElementsAre(3, 4, 5));
}

TEST(Drafter, PrefersThePlaceThatAgreesForLonger) {
  EXPECT_THAT(first_drafted({7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2}, 1), ElementsAre(3));
}

TEST(Drafter, PrefersTheLatestOfPlacesThatAgreeAsLong) {
  EXPECT_THAT(first_drafted({1, 2, 3, 0, 1, 2, 4, 0, 5, 1, 2}, 1), ElementsAre(4));
}

TEST(Drafter, GoesRoundInACircle) {
  EXPECT_THAT(first_drafted({1, 2, 3, 1, 2, 3, 1, 2, 3}, 7), ElementsAre(1, 2, 3, 1, 2, 3, 1));
}

TEST(Drafter, DraftsNothingWhereTooLittleAgrees) {
  Drafter drafter;
  for (const Tokens& tokens :
       {Tokens{}, Tokens{1}, Tokens{1, 1}, Tokens{1, 2, 3, 4, 1}, Tokens{1, 2, 3, 4}}) {
    drafter.draft_after(tokens);
    EXPECT_THAT(drafter.draft(), IsEmpty());
  }
}

TEST(Drafter, LearnsHowOftenItIsRight) {
  Drafter drafter;
  const Tokens circle{1, 2, 3, 1, 2, 3};
  const double at_first = drafter.hit_rate();
  for (int i = 0; i < 100; ++i) {
    drafter.draft_after(circle);
    drafter.compare(Tokens{1, 2});
  }
  EXPECT_GT(drafter.hit_rate(), 0.99);
  for (int i = 0; i < 100; ++i) {
    drafter.draft_after(circle);
    drafter.compare(Tokens{7, 2});
  }
  EXPECT_LT(drafter.hit_rate(), 0.01);
  EXPECT_LT(drafter.hit_rate(), at_first);
}

TEST(Drafter, LearnsNothingWithoutADraft) {
  Drafter drafter;
  const double before = drafter.hit_rate();
  drafter.compare(Tokens{1, 2, 3});
  EXPECT_EQ(drafter.hit_rate(), before);
}

}  // namespace
}  // namespace minerva::engine
