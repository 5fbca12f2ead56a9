#pragma once
// Drafts what a sequence may say next, by prompt lookup: where its last tokens stood before, it may go on as it did then.
//
// The draft is compared with what came whether it was computed ahead or not, so that the hit rate is known before anything
// is spent on it. Method: https://github.com/apoorvumang/prompt-lookup-decoding
// Pure; a value of one owner.

#include <cstdint>
#include <span>
#include <vector>

#include "engine/hit_rate.h"
#include "wire/types.h"

namespace minerva::engine {

class Drafter {
 public:
  using Token = wire::Token;

  static constexpr std::uint32_t kMostDrafted = wire::kMostDrafted;

  // Drafts what may follow `tokens`: the continuation of the earlier place that agrees with their end for longest, of
  // several the latest. Nothing, or kMostDrafted tokens.
  void draft_after(std::span<const Token> tokens);

  // What really came, from the first drafted position on. The draft is used up.
  void compare(std::span<const Token> came);

  [[nodiscard]] std::span<const Token> draft() const { return draft_; }

  [[nodiscard]] double hit_rate() const { return hit_rate_.value(); }

 private:
  std::vector<Token> draft_;
  HitRate hit_rate_{0.5, 0.1};
};

}  // namespace minerva::engine
