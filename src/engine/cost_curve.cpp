#include "engine/cost_curve.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace minerva::engine {
namespace {

// Weight of the newest batch once a few are known: a change of load is followed within about five batches, one slow
// batch moves little.
constexpr double kNewest = 0.2;

// A batch that took many times the mean was held up by something else (a page fault, another program): it counts as
// this many means, so that it cannot close a size for good.
constexpr double kLargestSurprise = 3.0;

// What a size took so many batches ago may have been under another load: a new batch says as much as all those. Where it
// says something else, by this part, one of them is wrong, and the size stays as old as it is until another one agrees.
constexpr std::uint64_t kOld = 32;
constexpr double kNewestAfterOld = 0.5;
constexpr double kDisagreement = 0.25;

constexpr std::uint32_t kExact = 32;  // sizes up to here have a point each

std::size_t bucket_of(std::uint32_t n_tokens) {
  if (n_tokens <= kExact) return n_tokens;
  const auto octave = static_cast<std::uint32_t>(std::bit_width(n_tokens - 1)) - 1;  // 5 for 33 to 64
  const bool upper = n_tokens - 1 >= (3U << (octave - 1));
  return kExact + 1 + (octave - std::uint32_t{5}) * 2 + (upper ? 1U : 0U);
}

}  // namespace

void CostCurve::learn(std::uint32_t n_tokens, double n_attended, double us) {
  const std::size_t bucket = bucket_of(n_tokens);
  if (bucket >= points_.size()) points_.resize(bucket + 1);
  CostPoint& point = points_[bucket];
  const double usual = point.n_seen > 0 ? point.us * n_tokens / point.n_tokens : us;
  us = std::min(us, kLargestSurprise * usual);
  const bool is_old = point.n_seen > 0 && n_batches_ - point.last_seen > kOld;
  ++n_batches_;
  if (!is_old || std::abs(us - usual) <= kDisagreement * usual) point.last_seen = n_batches_;
  ++point.n_seen;
  const double weight = std::max(is_old ? kNewestAfterOld : kNewest, 1.0 / static_cast<double>(point.n_seen));
  point.n_tokens += weight * (n_tokens - point.n_tokens);
  point.n_attended += weight * (n_attended - point.n_attended);
  point.us += weight * (us - point.us);
}

const CostPoint* CostCurve::at(std::uint32_t n_tokens) const {
  const std::size_t bucket = bucket_of(n_tokens);
  return bucket < points_.size() && points_[bucket].n_seen > 0 ? &points_[bucket] : nullptr;
}

const CostPoint* CostCurve::below(std::uint32_t n_tokens) const {
  for (std::size_t i = std::min(bucket_of(n_tokens) + 1, points_.size()); i-- > 0;) {
    if (points_[i].n_seen > 0 && points_[i].n_tokens <= n_tokens) return &points_[i];
  }
  return nullptr;
}

const CostPoint* CostCurve::above(std::uint32_t n_tokens) const {
  for (std::size_t i = bucket_of(n_tokens); i < points_.size(); ++i) {
    if (points_[i].n_seen > 0 && points_[i].n_tokens >= n_tokens) return &points_[i];
  }
  return nullptr;
}

}  // namespace minerva::engine
