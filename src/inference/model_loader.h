#pragma once
// The steps from a path to a model and a context: check the file, choose the placement, see that it fits, load.

#include <functional>

#include "base/error.h"
#include "inference/llama_handles.h"
#include "inference/memory_watch.h"
#include "wire/types.h"

namespace minerva::inference {

struct LoadedModel {
  ModelHandle model;
  ContextHandle context;
  wire::ModelCard card;
  MemoryWatch watch;  // since before the weights
};

// Errors and progress as LlamaCppBackend::load says.
[[nodiscard]] Result<LoadedModel> load_model(const wire::LoadOptions& options,
                                             const std::function<bool(float)>& progress);

}  // namespace minerva::inference
