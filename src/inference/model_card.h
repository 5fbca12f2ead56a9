#pragma once
// The model card: what a loaded model says of itself.

#include <llama.h>

#include <string>

#include "inference/model_file.h"
#include "wire/types.h"

namespace minerva::inference {

// A metadata value as text, empty when missing.
[[nodiscard]] std::string meta_text(const llama_model* model, const std::string& key);

// All fields that come from the file, the model and the context; memory, placement, threads and load time are the loader's.
[[nodiscard]] wire::ModelCard make_card(const llama_model* model, const llama_context* context,
                                        const ModelFile& file, const std::string& path);

}  // namespace minerva::inference
