#include "engine/hit_rate.h"

#include <algorithm>

namespace minerva::engine {
namespace {

// What is assumed at first weighs as much as so many drafted tokens.
constexpr double kAssumed = 10;

}  // namespace

void HitRate::compare(std::span<const wire::Token> draft, std::span<const wire::Token> came) {
  for (std::size_t i = 0; i < std::min(draft.size(), came.size()); ++i) {
    const bool is_hit = draft[i] == came[i];
    note(is_hit);
    if (!is_hit) return;
  }
}

void HitRate::note(bool is_hit) {
  const double weight = std::max(newest_, 1.0 / (kAssumed + static_cast<double>(n_seen_)));
  ++n_seen_;
  value_ += weight * ((is_hit ? 1.0 : 0.0) - value_);
}

}  // namespace minerva::engine
