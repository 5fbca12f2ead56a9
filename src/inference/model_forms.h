#pragma once
// The forms of a model that load options leave open, from the best to the smallest. Pure.
//
// What a person set is the same in all of them. What is open becomes smaller in the order of the ladder (ladder.h): batches of
// 128 tokens, the KV cache as q8_0, half and a quarter of the context.

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "inference/kv_format.h"
#include "inference/placement.h"

namespace minerva::inference {

// The options decide, with the defaults: 4 sequences, batches of 512, of each sequence what the model was trained for, at most
// 8192. kInvalidConfiguration: more than the library can do.
[[nodiscard]] Result<ContextShape> choose_context(const wire::LoadOptions& options, const ModelFile& file);

// The KV format of a form, which depends on whether the CPU computes alone. kInvalidConfiguration as choose_kv_format.
[[nodiscard]] Result<KvFormat> format_of(const wire::LoadOptions& options, const ModelFile& file,
                                         const ContextShape& shape, bool on_cpu_alone,
                                         std::span<const std::string> cpu_features);

// The values that are open and that q8_0 can hold: whole blocks of each head.
[[nodiscard]] bool may_quantize_kv(const wire::LoadOptions& options, const ModelFile& file);

struct OpenForm {
  wire::LoadOptions options;  // those that make it so
  Form form;
};

[[nodiscard]] Result<std::vector<OpenForm>> open_forms(const wire::LoadOptions& options,
                                                       const ModelFile& file,
                                                       std::span<const std::string> cpu_features);

}  // namespace minerva::inference
