#pragma once
// What a model takes, part by part, and where a placement puts it. Pure.
//
// Weights are exact: the file tells them. KV and compute buffers are estimates here, which a dry load replaces by what the
// library says (dry_load.h).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "inference/model_file.h"
#include "wire/types.h"

namespace minerva::inference {

// The context a model is to be loaded with.
struct ContextShape {
  std::uint32_t n_ctx = 0;  // cells of all sequences together
  std::uint32_t n_parallel = 0;
  std::uint32_t n_batch = 0;
  double kv_size = 1.0;  // of a cell against one of 16-bit floats
  Bytes scores{};        // what plain attention keeps beside the activations of one batch, on the CPU alone
};

// The parts of one form of a model, in bytes.
struct ModelSizes {
  std::uint64_t input = 0;            // token embeddings: always with the CPU
  std::vector<std::uint64_t> layers;  // weights, one a layer
  std::uint64_t output = 0;  // with the last layer's device; on the CPU nothing where it is the input's table
  std::uint64_t output_on_gpu = 0;
  std::vector<std::uint64_t> layer_kv;
  std::uint64_t gpu_compute = 0;         // on each GPU that has a layer
  std::uint64_t host_compute = 0;        // beside GPUs
  std::uint64_t host_compute_alone = 0;  // where there are none
};

[[nodiscard]] ModelSizes estimate_sizes(const ModelFile& model, const ContextShape& shape);

// Layers on each GPU, in order; the output is the last one's, as one more. Those before them are the CPU's. As libllama
// splits: the last layers, a run of them to each device.
using LayerSplit = std::vector<std::uint32_t>;

[[nodiscard]] std::uint32_t n_gpu_layers(const LayerSplit& split);

// One entry a GPU of the split, and the CPU's last; weights, KV, compute and layers filled in.
[[nodiscard]] std::vector<wire::DevicePlan> spread(const ModelSizes& sizes, const LayerSplit& split);

[[nodiscard]] std::uint64_t sum_of(const wire::DevicePlan& plan);

}  // namespace minerva::inference
