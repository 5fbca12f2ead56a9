#include "inference/counter_random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace minerva::inference {
namespace {

// The first two words of the known answers of Philox4x32-10 that accompany the paper (Random123, tests/kat_vectors):
// counter and key all zero give 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
TEST(CounterRandom, GivesThePublishedAnswerForZero) {
  const std::uint64_t bits = 0x6627E8D5E169C58DULL;
  EXPECT_EQ(random_unit(0, 0), static_cast<double>(bits >> 11U) * 0x1.0p-53);
}

TEST(CounterRandom, DependsOnSeedAndIndexAlone) {
  EXPECT_EQ(random_unit(42, 7), random_unit(42, 7));
  std::set<double> seen;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (std::uint64_t index = 0; index < 30; ++index) seen.insert(random_unit(seed, index));
  }
  EXPECT_EQ(seen.size(), 900U);
  EXPECT_NE(random_unit(1ULL << 40U, 0), random_unit(0, 0));
  EXPECT_NE(random_unit(0, 1ULL << 40U), random_unit(0, 0));
}

TEST(CounterRandom, IsSpreadEvenly) {
  constexpr int kDraws = 64'000;
  std::array<int, 16> bins{};
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double value = random_unit(9, i);
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    ++bins[static_cast<std::size_t>(value * 16)];
  }
  for (const int n : bins) {
    EXPECT_GT(n, 3700);  // 4000 ± 5 standard deviations
    EXPECT_LT(n, 4300);
  }
}

}  // namespace
}  // namespace minerva::inference
