#include "inference/memory_ledger.h"

#include <algorithm>
#include <numeric>

namespace minerva::inference {
namespace {

// Activations of one batch (a few rows of the widest kind live at a time), and the logits twice: in the graph and copied out.
std::uint64_t compute_bytes(const ModelFile& model, const ContextShape& shape) {
  const std::uint64_t row = 4ULL * model.n_embd + 2ULL * model.n_ff;
  const std::uint64_t logits = 2ULL * model.n_vocab * shape.n_parallel;
  return sizeof(float) * (row * shape.n_batch + logits);
}

}  // namespace

ModelSizes estimate_sizes(const ModelFile& model, const ContextShape& shape) {
  const auto a_cell =
      static_cast<std::uint64_t>(shape.kv_size * static_cast<double>(model.kv_bytes_per_layer));
  const std::uint64_t compute = compute_bytes(model, shape);
  return {.input = model.input_bytes,
          .layers = model.layer_bytes,
          .output = model.output_bytes,
          .output_on_gpu = model.output_bytes + (model.has_output ? 0 : model.input_bytes),
          .layer_kv = std::vector<std::uint64_t>(model.layer_bytes.size(), a_cell * shape.n_ctx),
          .gpu_compute = compute,
          .host_compute = compute,
          .host_compute_alone = compute + shape.scores.value};
}

std::uint32_t n_gpu_layers(const LayerSplit& split) {
  return std::accumulate(split.begin(), split.end(), std::uint32_t{0});
}

std::vector<wire::DevicePlan> spread(const ModelSizes& sizes, const LayerSplit& split) {
  const std::size_t n_all = sizes.layers.size() + 1;
  const std::uint32_t n_on_gpus = n_gpu_layers(split);
  std::vector<wire::DevicePlan> parts(split.size() + 1);
  std::size_t layer = 0;
  const auto take = [&](wire::DevicePlan& part, std::size_t n, bool on_gpu) {
    part.n_layers = static_cast<std::uint32_t>(n);
    for (const std::size_t end = layer + n; layer < end; ++layer) {
      const bool is_output = layer + 1 == n_all;
      part.weights_bytes += is_output ? (on_gpu ? sizes.output_on_gpu : sizes.output) : sizes.layers[layer];
      if (!is_output) part.kv_bytes += sizes.layer_kv[layer];
    }
    if (on_gpu && n > 0) part.compute_bytes = sizes.gpu_compute;
  };
  wire::DevicePlan& host = parts.back();
  take(host, n_all - n_on_gpus, false);
  for (std::size_t i = 0; i < split.size(); ++i) take(parts[i], split[i], true);
  host.weights_bytes += sizes.input;
  host.compute_bytes = n_on_gpus > 0 ? sizes.host_compute : sizes.host_compute_alone;
  return parts;
}

std::uint64_t sum_of(const wire::DevicePlan& plan) {
  return plan.weights_bytes + plan.kv_bytes + plan.compute_bytes + plan.caches_bytes + plan.draft_bytes +
         plan.margin_bytes;
}

}  // namespace minerva::inference
