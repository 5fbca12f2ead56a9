#include "gateway/fallback.h"

#include <gtest/gtest.h>

namespace minerva::gateway {
namespace {

TEST(Fallback, TakesTheNextRungWhenMemoryRanOut) {
  Fallback fallback;
  EXPECT_TRUE(
      fallback.after_death({.code = ErrorCode::kOutOfMemory, .rung = 0, .on_gpu = true, .n_steps = 500}));
  EXPECT_EQ(fallback.rung(), 1U);
  // The loader passed two rungs over that would have changed nothing.
  EXPECT_TRUE(fallback.after_death({.code = ErrorCode::kOutOfMemory, .rung = 3, .on_gpu = true}));
  EXPECT_EQ(fallback.rung(), 4U);
  EXPECT_TRUE(fallback.after_death({.code = ErrorCode::kOutOfMemory, .rung = 7, .on_gpu = true}));
  EXPECT_EQ(fallback.rung(), wire::kCpuRung);
}

TEST(Fallback, TriesALostDeviceOnceMore) {
  Fallback fallback;
  const Fallback::Death lost{.code = ErrorCode::kGpuNotAvailable, .on_gpu = true, .n_steps = 100};
  EXPECT_FALSE(fallback.after_death(lost));
  EXPECT_FALSE(fallback.after_death(lost)) << "it worked in between";
  EXPECT_TRUE(fallback.after_death({.code = ErrorCode::kGpuNotAvailable, .on_gpu = true, .n_steps = 3}));
  EXPECT_EQ(fallback.rung(), wire::kCpuRung);
}

TEST(Fallback, LeavesAGpuOnWhichNoStepWillComplete) {
  Fallback fallback;
  EXPECT_FALSE(fallback.after_death({.on_gpu = true, .n_steps = 9}));
  EXPECT_FALSE(fallback.after_death({.on_gpu = true}));
  EXPECT_TRUE(fallback.after_death({.on_gpu = true}));
  EXPECT_EQ(fallback.rung(), wire::kCpuRung);
}

TEST(Fallback, StaysWhereItIsOnTheCpu) {
  Fallback fallback;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(fallback.after_death({.on_gpu = false}));
  EXPECT_EQ(fallback.rung(), 0U);
}

TEST(Fallback, WaitsLongerBeforeItClimbsAfterEachFall) {
  Fallback fallback;
  const auto first = fallback.climb_after();
  (void)fallback.after_death({.code = ErrorCode::kOutOfMemory, .on_gpu = true});
  EXPECT_EQ(fallback.climb_after(), 2 * first);
  fallback.climb();
  EXPECT_EQ(fallback.rung(), 0U);
  (void)fallback.after_death({.code = ErrorCode::kOutOfMemory, .on_gpu = true});
  EXPECT_EQ(fallback.climb_after(), 4 * first);
}

}  // namespace
}  // namespace minerva::gateway
