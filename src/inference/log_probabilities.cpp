#include "inference/log_probabilities.h"

#include <algorithm>
#include <cmath>

#include "inference/logit_row.h"

namespace minerva::inference {

LogProbabilities log_probabilities(std::span<const float> logits, wire::Token chosen, std::size_t n) {
  const double offset = log_sum_exp(logits);
  const auto of = [&](wire::Token token) {
    return LogProbability{.token = token,
                          .value = static_cast<float>(logits[static_cast<std::size_t>(token)] - offset)};
  };
  LogProbabilities result{.chosen = of(chosen), .likeliest = {}};
  if (n == 0) return result;
  std::vector<llama_token_data> top;
  if (select_top(logits, n, top)) {
    for (const llama_token_data& candidate : top) result.likeliest.push_back(of(candidate.id));
  }
  // When too few are possible, impossible ones follow.
  const std::size_t n_wanted = std::min(n, logits.size());
  for (std::size_t i = 0; i < logits.size() && result.likeliest.size() < n_wanted; ++i) {
    if (std::isinf(logits[i])) result.likeliest.push_back(of(static_cast<wire::Token>(i)));
  }
  return result;
}

}  // namespace minerva::inference
