#include "inference/logit_row.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "inference/exponential.h"

namespace minerva::inference {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Few different values, so that there are equals; some impossible.
std::vector<float> random_row(std::mt19937& random, std::size_t n, bool coarse) {
  std::normal_distribution<float> logit{0.0F, 3.0F};
  std::vector<float> row(n);
  for (float& value : row) {
    value = coarse ? std::round(logit(random)) : logit(random);
    if (random() % 20 == 0) value = -kInfinity;
  }
  return row;
}

TEST(LogitRow, FindsTheFirstOfTheLargestInRowsOfEveryLength) {
  std::mt19937 random{1};
  for (std::size_t n = 1; n < 300; ++n) {
    auto row = random_row(random, n, n % 2 == 0);
    row[random() % n] = 1.0F;
    EXPECT_EQ(argmax(row), std::ranges::max_element(row) - row.begin()) << n;
  }
}

TEST(LogitRow, SeesANotANumberAtEveryPlace) {
  std::mt19937 random{2};
  for (std::size_t n : {1U, 63U, 64U, 65U, 130U}) {
    for (std::size_t at = 0; at < n; ++at) {
      auto row = random_row(random, n, false);
      std::vector<llama_token_data> top;
      for (const float bad : {kNaN, -kNaN, kInfinity}) {
        row[at] = bad;
        EXPECT_EQ(argmax(row), -1) << at << " of " << n;
        EXPECT_FALSE(select_top(row, 5, top)) << at << " of " << n;
      }
    }
  }
}

TEST(LogitRow, SelectsTheHighestInOrderOfEqualsTheFirst) {
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = 1 + random() % 2000;
    const std::size_t wanted = 1 + random() % 700;  // a heap of few, and a selection of many
    auto row = random_row(random, n, round % 2 == 0);
    row[0] = 0.5F;
    std::vector<llama_token_data> top;
    ASSERT_TRUE(select_top(row, wanted, top));
    std::vector<std::int32_t> order;
    for (std::size_t i = 0; i < n; ++i) {
      if (row[i] > -kInfinity) order.push_back(static_cast<std::int32_t>(i));
    }
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::int32_t i) { return row[static_cast<std::size_t>(i)]; });
    order.resize(std::min(order.size(), wanted));
    ASSERT_EQ(top.size(), order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      EXPECT_EQ(top[i].id, order[i]) << "round " << round << ", place " << i;
      EXPECT_EQ(top[i].logit, row[static_cast<std::size_t>(order[i])]);
    }
  }
}

TEST(LogitRow, AddsUpExponentialsAsDoublePrecisionDoes) {
  std::mt19937 random{4};
  for (const std::size_t n : {1U, 15U, 16U, 17U, 1000U}) {
    auto row = random_row(random, n, false);
    row[0] = 700.0F;
    double total = 0.0;
    for (const float logit : row) total += std::exp(static_cast<double>(logit) - 700.0);
    EXPECT_NEAR(log_sum_exp(row), 700.0 + std::log(total), 1e-6) << n;
  }
}

TEST(Exponential, IsWithinTwoInTenMillions) {
  for (float x = 0.0F; x > -87.0F; x -= 0.00071F) {
    const FloatLanes lanes{x, x * 0.5F, 0.0F, -kInfinity};
    const FloatLanes powers = exponential(lanes);
    ASSERT_NEAR(powers[0], std::exp(static_cast<double>(lanes[0])),
                2e-7 * std::exp(static_cast<double>(lanes[0])))
        << x;
    ASSERT_NEAR(powers[1], std::exp(static_cast<double>(lanes[1])),
                2e-7 * std::exp(static_cast<double>(lanes[1])))
        << x;
    ASSERT_EQ(powers[2], 1.0F);
    ASSERT_EQ(powers[3], 0.0F);
  }
}

}  // namespace
}  // namespace minerva::inference
