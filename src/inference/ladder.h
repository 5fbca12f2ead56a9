#pragma once
// Ever smaller forms of what was asked for, for when the memory that a larger one needs is not there after all. Pure.
//
//   0  as asked
//   1  no store of prefixes in host memory    (only where nothing is on a GPU)
//   2  smaller batches
//   3  KV as q8_0
//   4  half the context, never below what a request needs that is served already
//   5, 6, 7  three quarters, half, a quarter of the layers on the GPU
//   8  as asked, on the CPU
//
// Each rung keeps what those before it changed, except the last. A rung that would change nothing is passed over.

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/types.h"

namespace minerva::inference {

inline constexpr std::uint32_t kCpuRung = wire::kCpuRung;

// Of the placement on rung 0.
struct LadderFacts {
  std::uint32_t n_gpu_layers = 0;
  std::uint32_t n_ctx = 0;  // cells of all sequences together
  std::uint32_t n_parallel = 1;
  std::uint32_t n_batch = 0;
  bool can_quantize_kv = false;  // the heads are made of whole blocks of q8_0, and the options leave it open
};

struct Step {
  std::uint32_t rung = 0;
  wire::LoadOptions options;
};

// The first rung from `rung` on that is smaller than all before it, and the options there; nothing when there is none.
[[nodiscard]] std::optional<Step> step_down(const wire::LoadOptions& asked, const LadderFacts& facts,
                                            std::uint32_t rung);

// What is smaller there, for a sentence: "smaller batches".
[[nodiscard]] std::string_view name_of_rung(std::uint32_t rung);

}  // namespace minerva::inference
