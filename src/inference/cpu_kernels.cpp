#include "inference/cpu_kernels.h"

#include <algorithm>
#include <cstdlib>

namespace minerva::inference {
namespace {

// Fewer rows than this never go through the tiles.
constexpr std::uint32_t kLeastTiledRows = 8;

}  // namespace

bool rows_beat_tiles(const std::set<std::string>& quantizations, std::span<const std::string> cpu_features,
                     std::uint32_t n_parallel) {
  // Without AVX2 the library repacks nothing, and everything would go row by row.
  const bool repacks = std::ranges::contains(cpu_features, "AVX2");
  const auto is_measured = [](const std::string& type) {
    return type == "q4_K" || type == "q6_K" || type == "f32";
  };
  return repacks && n_parallel >= kLeastTiledRows && quantizations.contains("q6_K") &&
         std::ranges::all_of(quantizations, is_measured);
}

void use_row_kernels() { ::setenv("GGML_CPU_TILED_MM", "0", 0); }  // NOLINT(concurrency-mt-unsafe): see above

}  // namespace minerva::inference
