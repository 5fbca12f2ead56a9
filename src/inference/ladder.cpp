#include "inference/ladder.h"

#include <algorithm>
#include <array>

namespace minerva::inference {
namespace {

constexpr std::uint32_t kSmallBatch = 128;
constexpr std::uint32_t kLeastContext = 256;  // of one sequence
constexpr std::uint32_t kFirstLayerRung = 5;

// Each makes one thing smaller, and says whether it did.
using Change = bool (*)(wire::LoadOptions&, const LadderFacts&);

bool drop_store(wire::LoadOptions& options, const LadderFacts& facts) {
  if (facts.n_gpu_layers > 0 || options.cache_ram_mib == 0) return false;
  options.cache_ram_mib = 0;
  return true;
}

bool shrink_batch(wire::LoadOptions& options, const LadderFacts& facts) {
  if (facts.n_batch <= kSmallBatch) return false;
  options.n_batch = kSmallBatch;
  return true;
}

bool quantize_kv(wire::LoadOptions& options, const LadderFacts& facts) {
  if (!facts.can_quantize_kv) return false;
  options.cache_type_k = options.cache_type_v = "q8_0";
  return true;
}

bool halve_context(wire::LoadOptions& options, const LadderFacts& facts) {
  const std::uint32_t n_parts = options.kv_unified ? 1 : facts.n_parallel;
  const std::uint32_t n_half = facts.n_ctx / 2;
  if (n_half / n_parts < std::max(kLeastContext, options.n_ctx_least)) return false;
  options.n_ctx = n_half;
  return true;
}

template <std::uint32_t kQuarters>
bool keep_layers(wire::LoadOptions& options, const LadderFacts& facts) {
  const std::uint32_t n = facts.n_gpu_layers * kQuarters / 4;
  if (n == 0) return false;
  options.n_gpu_layers = static_cast<std::int32_t>(n);
  return true;
}

constexpr std::array<Change, 7> kChanges{drop_store,     shrink_batch,   quantize_kv,   halve_context,
                                         keep_layers<3>, keep_layers<2>, keep_layers<1>};

// Where nothing was on a GPU that is no smaller, but it is what rung 8 is.
std::optional<Step> on_cpu(wire::LoadOptions asked, const LadderFacts& facts, std::uint32_t rung) {
  if (asked.require_gpu || (facts.n_gpu_layers == 0 && rung < kCpuRung)) return std::nullopt;
  asked.devices = {"none"};
  asked.n_gpu_layers = 0;
  return Step{.rung = kCpuRung, .options = std::move(asked)};
}

}  // namespace

std::optional<Step> step_down(const wire::LoadOptions& asked, const LadderFacts& facts, std::uint32_t rung) {
  if (rung == 0) return Step{.rung = 0, .options = asked};
  Step step{.rung = 0, .options = asked};
  for (std::uint32_t i = 0; i < kChanges.size(); ++i) {
    const bool changed = kChanges[i](step.options, facts);
    step.rung = i + 1;
    if (changed && step.rung >= rung) return step;
  }
  return on_cpu(asked, facts, rung);
}

std::string_view name_of_rung(std::uint32_t rung) {
  static constexpr std::array<std::string_view, kCpuRung + 1> kNames{
      "as asked",
      "no prefixes in host memory",
      "smaller batches",
      "the KV cache as q8_0",
      "half the context",
      "three quarters of the layers on the GPU",
      "half of the layers on the GPU",
      "a quarter of the layers on the GPU",
      "the CPU"};
  static_assert(kFirstLayerRung + 3 == kCpuRung);
  return kNames[std::min<std::size_t>(rung, kNames.size() - 1)];
}

}  // namespace minerva::inference
