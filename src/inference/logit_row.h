#pragma once
// What is done with one row of logits, a float a token of the vocabulary, before there are candidates.
//
// The rows are long (32k to 256k), so each of these reads its row once, in vector registers. Threads: pure.

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace minerva::inference {

// The index of the largest value, the first of equals; -1 when the row holds a NaN or plus infinity, or nothing finite.
[[nodiscard]] std::int32_t argmax(std::span<const float> logits);

// The `n` largest finite values with their indices as candidates, falling, of equals the first; fewer when there are fewer.
// False, and `top` undefined, when argmax() is -1.
[[nodiscard]] bool select_top(std::span<const float> logits, std::size_t n,
                              std::vector<llama_token_data>& top);

// ln(sum of e^logit), of a row for which argmax() is not -1.
[[nodiscard]] double log_sum_exp(std::span<const float> logits);

}  // namespace minerva::inference
