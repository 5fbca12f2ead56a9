#pragma once
// What a sampler needs to know of the model it samples from. The vocabulary must outlive the samplers.

#include <llama.h>

#include <cstdint>
#include <vector>

#include "wire/types.h"

namespace minerva::inference {

struct SamplingModel {
  const llama_vocab* vocab = nullptr;  // null: no DRY, no grammar (unit tests)
  std::int32_t n_vocab = 0;
  std::uint32_t n_context = 0;
  std::vector<wire::Token>
      end_tokens{};  // banned when the end is to be ignored, until a grammar has come to its own
  // Without the end tokens. Answers do not show them, but the library's grammar takes them for their spelling.
  std::vector<wire::Token> control_tokens{};
  std::vector<wire::Token> suppressed_tokens{};  // that the model says must never come
};

}  // namespace minerva::inference
