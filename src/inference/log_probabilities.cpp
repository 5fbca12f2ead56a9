#include "inference/log_probabilities.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace minerva::inference {

LogProbabilities log_probabilities(std::span<const float> logits, wire::Token chosen, std::size_t n) {
  const double most = std::ranges::max(logits);
  double total = 0.0;
  for (const float logit : logits) total += std::exp(logit - most);
  const double offset = most + std::log(total);
  const auto of = [&](wire::Token token) {
    return LogProbability{.token = token,
                          .value = static_cast<float>(logits[static_cast<std::size_t>(token)] - offset)};
  };
  LogProbabilities result{.chosen = of(chosen), .likeliest = {}};
  std::vector<wire::Token> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(n, order.size()));
  std::ranges::partial_sort(order, end, std::greater{},
                            [&](wire::Token t) { return logits[static_cast<std::size_t>(t)]; });
  for (auto it = order.begin(); it != end; ++it) result.likeliest.push_back(of(*it));
  return result;
}

}  // namespace minerva::inference
