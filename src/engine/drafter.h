#pragma once
// Drafts what a sequence may say next, by prompt lookup: where its last tokens stood before, it may go on as it did then.
//
// The draft is compared with what came whether it was computed ahead or not, so that the hit rate is known before anything
// is spent on it. Method: https://github.com/apoorvumang/prompt-lookup-decoding
// Pure; a value of one owner.

#include <cstdint>
#include <span>
#include <vector>

#include "wire/types.h"

namespace minerva::engine {

class Drafter {
 public:
  using Token = wire::Token;

  static constexpr std::uint32_t kMostDrafted = 15;

  // Drafts what may follow `tokens`: the continuation of the earlier place that agrees with their end for longest, of
  // several the latest. Nothing, or kMostDrafted tokens.
  void draft_after(std::span<const Token> tokens);

  // What really came, from the first drafted position on. The draft is used up.
  void compare(std::span<const Token> came);

  [[nodiscard]] std::span<const Token> draft() const { return draft_; }

  // How probable it is that a drafted token is right when those before it were, from the newest some twenty.
  [[nodiscard]] double hit_rate() const { return hit_rate_; }

 private:
  std::vector<Token> draft_;
  double hit_rate_ = 0.5;
};

}  // namespace minerva::engine
