#pragma once
// What load options come to on this machine now: the form of the model, and what of it goes where. Nothing is loaded.
//
// Threads: as LlamaCppBackend::load.

#include <cstdint>
#include <functional>

#include "base/error.h"
#include "inference/kv_format.h"
#include "inference/memory_ledger.h"
#include "inference/model_file.h"
#include "inference/placement.h"
#include "wire/types.h"

namespace minerva::inference {

struct LoadPlan {
  ContextShape shape;
  KvFormat format;
  Placement placement;
  bool is_exact = false;  // the ledger's KV and compute are the library's own numbers
  Status fits;            // kModelOutOfMemory, which --ignore-memory-check may overrule
};

// When the library is asked for its numbers (dry_load.h).
enum class Exactness : std::uint8_t {
  kWhereItMatters,  // where a choice or a refusal is near enough that an estimate may be wrong
  kAlways,
};

// kGpuNotAvailable: a device that is not here, or none where one is required. kInvalidConfiguration: options that no model
// could have. Others as for a draft model's file.
[[nodiscard]] Result<LoadPlan> make_plan(const wire::LoadOptions& options, const ModelFile& file,
                                         Exactness exactness = Exactness::kWhereItMatters);

// The GPUs that may be used: all, those named, or none. Without GPUs no driver is asked. kGpuNotAvailable as above.
[[nodiscard]] Result<std::vector<wire::DeviceInfo>> allowed_gpus(const wire::LoadOptions& options);

// The host's memory as a device.
[[nodiscard]] wire::DeviceInfo host_device();

}  // namespace minerva::inference
