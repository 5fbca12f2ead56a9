#include "inference/log_probabilities.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace minerva::inference {
namespace {

TEST(LogProbabilities, AreTheModelsOwn) {
  const std::vector<float> row{std::log(0.2F), std::log(0.5F), std::log(0.3F)};
  const auto result = log_probabilities(row, 0, 2);
  EXPECT_EQ(result.chosen.token, 0);
  EXPECT_NEAR(result.chosen.value, std::log(0.2), 1e-5);
  ASSERT_EQ(result.likeliest.size(), 2U);
  EXPECT_EQ(result.likeliest[0].token, 1);
  EXPECT_NEAR(result.likeliest[0].value, std::log(0.5), 1e-5);
  EXPECT_EQ(result.likeliest[1].token, 2);
}

TEST(LogProbabilities, HoldForLargeLogitsAndImpossibleTokens) {
  const std::vector<float> row{900.0F, 900.0F, -std::numeric_limits<float>::infinity()};
  const auto result = log_probabilities(row, 1, 10);
  EXPECT_NEAR(result.chosen.value, std::log(0.5), 1e-5);
  EXPECT_EQ(result.likeliest.size(), 3U);
  EXPECT_EQ(result.likeliest.back().token, 2);
}

TEST(LogProbabilities, CanBeTheTokensAlone) {
  EXPECT_TRUE(log_probabilities(std::vector<float>{0, 1}, 1, 0).likeliest.empty());
}

}  // namespace
}  // namespace minerva::inference
