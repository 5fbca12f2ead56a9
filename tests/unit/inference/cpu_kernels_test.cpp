#include "inference/cpu_kernels.h"

#include <gtest/gtest.h>

#include <vector>

namespace minerva::inference {
namespace {

const std::vector<std::string> kAvx2{"SSE3", "AVX", "AVX2"};

TEST(CpuKernels, RowsBeatTilesForManySequencesOfARepackedModel) {
  EXPECT_TRUE(rows_beat_tiles({"f32", "q4_K", "q6_K"}, kAvx2, 8));
}

TEST(CpuKernels, TilesStayWhereFewSequencesCanRunAtOnce) {
  EXPECT_FALSE(rows_beat_tiles({"f32", "q4_K", "q6_K"}, kAvx2, 7));
}

TEST(CpuKernels, TilesStayWhereNothingIsRepacked) {
  EXPECT_FALSE(rows_beat_tiles({"f32", "q4_K", "q6_K"}, std::vector<std::string>{"SSE3", "AVX"}, 8));
}

TEST(CpuKernels, TilesStayForQuantizationsThatWereNotMeasured) {
  EXPECT_FALSE(rows_beat_tiles({"f32", "q4_K", "q6_K", "iq2_xxs"}, kAvx2, 8));
  EXPECT_FALSE(rows_beat_tiles({"f32", "q8_0"}, kAvx2, 8));
  EXPECT_FALSE(rows_beat_tiles({}, kAvx2, 8));
}

}  // namespace
}  // namespace minerva::inference
