#pragma once
// What of a model goes where. Pure: sizes and devices in, a choice and the sentence that explains it out.
//
// The sizes are estimates with a margin; what the library really took is in the model card afterwards.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "inference/model_file.h"
#include "wire/types.h"

namespace minerva::inference {

// The context a model is to be loaded with.
struct ContextShape {
  std::uint32_t n_ctx = 0;  // cells of all sequences together
  std::uint32_t n_parallel = 0;
  std::uint32_t n_batch = 0;
  double kv_size = 1.0;  // of a cell against one of 16-bit floats
  Bytes scores{};        // what attention keeps beside the activations of one batch
};

// What a draft model will take beside the model.
struct DraftRoom {
  Bytes host;
  Bytes gpu;
};

struct Placement {
  std::uint32_t n_gpu_layers = 0;      // the output counts as one more layer, as in llama.cpp
  std::vector<std::string> devices{};  // GPUs by name; empty: the CPU alone
  std::string sentence;
  // What it will take, the draft model's room included.
  Bytes host;
  Bytes gpu;
  DraftRoom draft;
};

// `gpus` are the devices that may be used, `named` says that a person asked for them by name; otherwise devices that
// only imitate a GPU on the CPU are left out, and integrated ones count only where there is no other.
// `n_gpu_layers` is a LoadOptions value: automatic choices stay within what the devices have and leave the draft model its
// room there, a number is obeyed.
[[nodiscard]] Placement choose_gpu_layers(const ModelFile& model, const ContextShape& shape,
                                          std::span<const wire::DeviceInfo> gpus, bool named,
                                          std::int32_t n_gpu_layers, const DraftRoom& draft = {});

// kModelOutOfMemory with the numbers when the placement cannot fit into the host's and the devices' free memory.
[[nodiscard]] Status check_memory(const Placement& placement, const ContextShape& shape, Bytes host_available,
                                  std::span<const wire::DeviceInfo> gpus);

}  // namespace minerva::inference
