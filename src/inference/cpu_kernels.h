#pragma once
// Which of ggml's two families of matrix kernels the CPU uses for weights that are not repacked.
//
// The tiled kernels (ggml src/ggml-cpu/tiled) take over at eight rows and compute sixteen at a time, so eight to fifteen
// sequences pay for sixteen. With Q6_K weights, the half of a Q4_K_M model that is not repacked, the row by row kernels
// are as good for a prompt within a few percent, and decode eight sequences in three quarters of the time
// (docs/benchmarks.md). For other quantizations the tiles can be several times faster, so they stay.

#include <cstdint>
#include <set>
#include <span>
#include <string>

namespace minerva::inference {

// `quantizations` of the model's weights and `cpu_features` by ggml's names ("q6_K", "AVX2").
[[nodiscard]] bool rows_beat_tiles(const std::set<std::string>& quantizations,
                                   std::span<const std::string> cpu_features, std::uint32_t n_parallel);

// The library reads its switch, the environment variable GGML_CPU_TILED_MM, at the process's first matrix product: before
// that, and while no other thread reads the environment. A value that the user has set stands.
void use_row_kernels();

}  // namespace minerva::inference
