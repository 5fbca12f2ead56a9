#pragma once
// How probable it is that a drafted token is right when those before it were, from what came of the drafts so far.
//
// Pure; a value of one owner.

#include <cstdint>
#include <span>

#include "wire/types.h"

namespace minerva::engine {

class HitRate {
 public:
  // `newest`: weight of one drafted token once many are known; 0.1 remembers the newest some twenty.
  HitRate(double at_first, double newest) : value_{at_first}, newest_{newest} {}

  // A draft, and what really came from its first token on.
  void compare(std::span<const wire::Token> draft, std::span<const wire::Token> came);
  void note(bool is_hit);

  [[nodiscard]] double value() const { return value_; }

 private:
  double value_;
  double newest_;
  std::uint64_t n_seen_ = 0;
};

}  // namespace minerva::engine
