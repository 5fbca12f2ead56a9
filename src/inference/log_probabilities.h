#pragma once
// The log probabilities that a request may ask for beside each token.
//
// Threads: pure.

#include <cstddef>
#include <span>
#include <vector>

#include "wire/types.h"

namespace minerva::inference {

struct LogProbability {
  wire::Token token = 0;
  float value = 0.0F;  // natural logarithm
};

struct LogProbabilities {
  LogProbability chosen;
  std::vector<LogProbability> likeliest;  // falling
};

// Of the softmax over the whole row, which holds finite numbers or minus infinity; `n` is cut to the row's length.
[[nodiscard]] LogProbabilities log_probabilities(std::span<const float> logits, wire::Token chosen,
                                                 std::size_t n);

}  // namespace minerva::inference
