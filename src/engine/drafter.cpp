#include "engine/drafter.h"

#include <algorithm>

namespace minerva::engine {
namespace {

// Fewer agreeing tokens stand in too many places to say what follows.
constexpr std::size_t kLeastAgreement = 2;

// A longer agreement is not looked for: the place would hardly be a better one.
constexpr std::size_t kMostAgreement = 16;

// How many tokens before `end` agree with the last ones.
std::size_t agreement(std::span<const wire::Token> tokens, std::size_t end) {
  const std::size_t most = std::min(end, kMostAgreement);
  std::size_t n = 0;
  while (n < most && tokens[end - 1 - n] == tokens[tokens.size() - 1 - n]) ++n;
  return n;
}

}  // namespace

void Drafter::draft_after(std::span<const Token> tokens) {
  draft_.clear();
  std::size_t best_end = 0;
  std::size_t best = kLeastAgreement - 1;
  for (std::size_t end = tokens.size(); end-- > 1 && best < kMostAgreement;) {
    const std::size_t n = agreement(tokens, end);
    if (n <= best) continue;
    best = n;
    best_end = end;
  }
  if (best_end == 0) return;
  // A text that runs in a circle goes on in it.
  const auto found = tokens.subspan(best_end);
  for (std::size_t i = 0; i < kMostDrafted; ++i) draft_.push_back(found[i % found.size()]);
}

void Drafter::compare(std::span<const Token> came) {
  hit_rate_.compare(draft_, came);
  draft_.clear();
}

}  // namespace minerva::engine
