#include "engine/cost_model.h"

#include <algorithm>

namespace minerva::engine {
namespace {

// Weight of the newest step: a change of load is followed within about five steps, one slow step moves little.
constexpr double kNewest = 0.25;

// Fewer prompt tokens than this say more about the step's fixed cost than about the tokens'.
constexpr std::uint32_t kTellingPrefill = 8;

void blend(std::optional<double>& average, double value) {
  average = average ? *average + kNewest * (value - *average) : value;
}

}  // namespace

void CostModel::learn(const StepCost& step) {
  const auto duration = static_cast<double>(step.duration.count());
  if (step.n_prefill == 0) {
    if (step.n_decode > 0) blend(decode_us_, duration);
    return;
  }
  if (step.n_prefill < kTellingPrefill) return;
  // One batch reads the weights once for both kinds of tokens, so the running sequences' part is at most half of it.
  const double decode_part = step.n_decode > 0 ? std::min(decode_us_.value_or(0.0), duration / 2) : 0.0;
  blend(prefill_us_, (duration - decode_part) / step.n_prefill);
}

std::optional<std::uint32_t> CostModel::prefill_within(std::chrono::microseconds limit,
                                                       std::uint32_t n_decode) const {
  if (!prefill_us_) return std::nullopt;
  const double decode_part = n_decode > 0 ? decode_us_.value_or(0.0) : 0.0;
  const double left = static_cast<double>(limit.count()) - decode_part;
  const double n_tokens = std::clamp(left / std::max(*prefill_us_, 0.01), 0.0, 1e9);
  return static_cast<std::uint32_t>(n_tokens);
}

}  // namespace minerva::engine
