#pragma once
// Seeded texts that share beginnings, and the plain way to say how much two of them share. Tokens are of few kinds, so that
// beginnings are shared by chance too; there are two tenants, who share nothing.

#include <cstdint>
#include <random>
#include <vector>

#include "engine/token_prefix.h"

namespace minerva::engine {

using Tokens = std::vector<Token>;

struct Text {
  Tokens tokens;
  std::uint32_t space = 0;

  [[nodiscard]] TokenPrefix prefix() const { return {.tokens = tokens, .space = space}; }
  [[nodiscard]] Text reusable() const {
    return {.tokens = {tokens.begin(), tokens.end() - 1}, .space = space};
  }
};

inline std::uint32_t naive_prefix(const Text& a, const Text& b) {
  std::uint32_t n = 0;
  while (a.space == b.space && n < a.tokens.size() && n < b.tokens.size() && a.tokens[n] == b.tokens[n]) ++n;
  return n;
}

// Grows, cuts or replaces one of the texts so far: most begin as another does, at lengths from one to hundreds.
class Texts {
 public:
  explicit Texts(std::uint32_t seed) : random_{seed} {}

  Text next() {
    Text text = texts_.empty() || below(6) == 0 ? Text{.tokens = {}, .space = below(2)}
                                                : texts_[below(static_cast<std::uint32_t>(texts_.size()))];
    auto& tokens = text.tokens;
    if (!tokens.empty()) tokens.resize(1 + below(static_cast<std::uint32_t>(tokens.size())));
    const std::uint32_t n_more = 1 + below(below(3) == 0 ? 120 : 12);
    for (std::uint32_t i = 0; i < n_more; ++i) tokens.push_back('a' + static_cast<Token>(below(3)));
    if (tokens.size() > 400) tokens.resize(400);
    if (below(10) == 0) text.space = 1 - text.space;
    if (texts_.size() < kKept) {
      texts_.push_back(text);
    } else {
      texts_[below(kKept)] = text;
    }
    return text;
  }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

 private:
  static constexpr std::uint32_t kKept = 30;

  std::mt19937 random_;
  std::vector<Text> texts_;
};

}  // namespace minerva::engine
