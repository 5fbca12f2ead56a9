#include "inference/candidates.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

namespace minerva::inference {

void normalize(llama_token_data_array& candidates) {
  const std::span all{candidates.data, candidates.size};
  if (all.empty()) return;
  if (!candidates.sorted) {
    std::ranges::sort(all, std::greater{}, &llama_token_data::logit);
    candidates.sorted = true;
  }
  double total = 0.0;
  for (llama_token_data& candidate : all) {
    candidate.p = std::exp(candidate.logit - all.front().logit);
    total += static_cast<double>(candidate.p);
  }
  for (llama_token_data& candidate : all)
    candidate.p = static_cast<float>(static_cast<double>(candidate.p) / total);
}

}  // namespace minerva::inference
