#include "engine/hit_rate.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using Tokens = std::vector<wire::Token>;

TEST(HitRate, CountsUpToTheFirstMiss) {
  HitRate rate{0.5, 0.1};
  rate.compare(Tokens{1, 2, 3}, Tokens{1, 9, 3});
  HitRate other{0.5, 0.1};
  other.note(true);
  other.note(false);
  EXPECT_EQ(rate.value(), other.value());
}

TEST(HitRate, LearnsNothingWhereNothingCame) {
  HitRate rate{0.5, 0.1};
  rate.compare(Tokens{1, 2}, Tokens{});
  EXPECT_EQ(rate.value(), 0.5);
}

TEST(HitRate, IsTheMeanAtFirstHoweverLongItRemembers) {
  HitRate rate{0.7, 0.01};
  for (int i = 0; i < 90; ++i) rate.note(i % 2 == 0);
  EXPECT_NEAR(rate.value(), 0.52, 0.02);  // ten times what was assumed, and ninety that were seen
}

}  // namespace
}  // namespace minerva::engine
