#pragma once
// The library's two steps to a model: weights, then a context. Both also without taking the memory (dry_load.h).
//
// Threads: as LlamaCppBackend::load.

#include <functional>
#include <string>

#include "base/error.h"
#include "inference/kv_format.h"
#include "inference/llama_handles.h"
#include "inference/llama_log.h"
#include "inference/load_plan.h"
#include "wire/types.h"

namespace minerva::inference {

enum class Weights : std::uint8_t { kReal, kNone };

// kModelInvalid, kModelOutOfMemory with the library's reason; kCancelled when `progress` gives false.
[[nodiscard]] Result<ModelHandle> load_weights(const wire::LoadOptions& options, const Placement& placement,
                                               const LlamaLogCapture& said,
                                               const std::function<bool(float)>& progress,
                                               Weights weights = Weights::kReal);

// kModelInvalid: it loads, but does not generate text one token after the other.
[[nodiscard]] Status check_kind(const llama_model* model, const std::string& path);

[[nodiscard]] Result<ContextHandle> make_context(llama_model* model, const wire::LoadOptions& options,
                                                 const ModelFile& file, const ContextShape& shape,
                                                 const KvFormat& format, const LlamaLogCapture& said);

}  // namespace minerva::inference
