#include "engine/cost_model.h"

#include <algorithm>

namespace minerva::engine {
namespace {

// What a hundred steps back says of the slope weighs a third: contexts grow slowly, so the evidence must last.
constexpr double kSlopeMemory = 0.99;

// However little context a step has, it costs this part of what its size usually costs.
constexpr double kLeastPart = 0.25;

// Fewer prompt tokens than this say more about the step's fixed cost than about the tokens'.
constexpr std::uint32_t kTellingPrefill = 8;

}  // namespace

void CostModel::AttentionSlope::learn(const CostPoint& mean, std::uint32_t n_tokens, double n_attended,
                                      double us) {
  const double more_attended = n_attended / n_tokens - mean.n_attended / mean.n_tokens;
  const double more_us = us / n_tokens - mean.us / mean.n_tokens;
  covariance_ = kSlopeMemory * covariance_ + more_attended * more_us;
  variance_ = kSlopeMemory * variance_ + more_attended * more_attended;
}

void CostModel::learn(const StepCost& step) {
  const std::uint32_t n_tokens = step.n_decode + step.n_prefill;
  if (n_tokens == 0 || (step.n_prefill > 0 && n_tokens < kTellingPrefill)) return;
  CostCurve& curve = step.n_prefill > 0 ? mixed_ : decode_;
  const auto us = static_cast<double>(step.duration.count());
  const auto n_attended = static_cast<double>(step.n_attended);
  if (const CostPoint* mean = curve.at(n_tokens)) slope_.learn(*mean, n_tokens, n_attended, us);
  curve.learn(n_tokens, n_attended, us);
}

CostModel::Time CostModel::corrected(double us, double usual_attended, std::uint64_t n_attended) const {
  const double more = static_cast<double>(n_attended) - usual_attended;
  return Time{std::max(kLeastPart * us, us + slope_.value() * more)};
}

std::optional<CostModel::Time> CostModel::decode(std::uint32_t n_decode, std::uint64_t n_attended) const {
  const CostPoint* point = decode_.at(n_decode);
  if (point == nullptr) return std::nullopt;
  return corrected(point->us * n_decode / point->n_tokens, point->n_attended, n_attended);
}

std::optional<CostModel::Time> CostModel::decode_at_most(std::uint32_t n_decode,
                                                         std::uint64_t n_attended) const {
  const CostPoint* point = decode_.below(n_decode);
  if (point == nullptr) return std::nullopt;
  const double scale = n_decode / point->n_tokens;
  return corrected(point->us * scale, point->n_attended * scale, n_attended);
}

std::optional<CostModel::Time> CostModel::mixed(std::uint32_t n_decode, std::uint32_t n_prefill,
                                                std::uint64_t n_attended) const {
  const std::uint32_t n = n_decode + n_prefill;
  const CostPoint* below = mixed_.below(n);
  const CostPoint* above = mixed_.above(n);
  if (below == nullptr && above == nullptr) return std::nullopt;
  // Beyond the largest batch that ran, the cost is taken to grow with the tokens; below the smallest, down to that of
  // the running sequences alone.
  static constexpr CostPoint kNothing{};
  const CostPoint* alone = n_decode > 0 ? decode_.at(n_decode) : nullptr;
  const CostPoint& low = below != nullptr                           ? *below
                         : alone != nullptr && alone->n_tokens <= n ? *alone
                                                                    : kNothing;
  const CostPoint& high = above != nullptr ? *above : *below;
  if (high.n_tokens <= low.n_tokens) {
    const double scale = n / low.n_tokens;
    return corrected(low.us * scale, low.n_attended * scale, n_attended);
  }
  const double share = (n - low.n_tokens) / (high.n_tokens - low.n_tokens);
  return corrected(low.us + share * (high.us - low.us),
                   low.n_attended + share * (high.n_attended - low.n_attended), n_attended);
}

std::uint64_t CostModel::n_measured(std::uint32_t n_decode) const {
  const CostPoint* point = decode_.at(n_decode);
  return point != nullptr ? point->n_seen : 0;
}

std::uint64_t CostModel::age(std::uint32_t n_decode) const {
  const CostPoint* point = decode_.at(n_decode);
  return decode_.n_batches() - (point != nullptr ? point->last_seen : 0);
}

}  // namespace minerva::engine
