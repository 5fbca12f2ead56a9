#pragma once
// What the library would take for a placement, without taking it: weights are not read, and buffers are only counted
// (llama_model_params.no_alloc). Costs tens of milliseconds, and the device's own start where a GPU is used.
//
// Threads: as LlamaCppBackend::load.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "inference/load_plan.h"

namespace minerva::inference {

struct DrySizes {
  std::vector<std::uint64_t> layer_kv;     // one a layer; zero for layers without
  std::vector<std::uint64_t> gpu_compute;  // one a device of the placement
  std::uint64_t host_compute = 0;
};

// Whatever the library refuses is an error: the estimates stand, and the load itself will say it again.
[[nodiscard]] Result<DrySizes> dry_load(const wire::LoadOptions& options, const ModelFile& file,
                                        const ContextShape& shape, const KvFormat& format,
                                        const Placement& placement);

// The library's lines, parsed: "llama_kv_cache: layer   3: dev = CPU", and after those of one cache
// "llama_kv_cache: size =  128.00 MiB (  2048 cells,  16 layers, ...". A cache's layers share its size evenly.
[[nodiscard]] std::vector<std::uint64_t> kv_by_layer(std::span<const std::string> log_lines,
                                                     std::size_t n_layers);

}  // namespace minerva::inference
