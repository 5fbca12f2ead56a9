#pragma once
// The beginning of a sequence, and whose it is. Prefixes of different spaces share nothing, whatever their tokens: so nobody
// learns from an answer's speed what somebody else has asked.
//
// A view; a value.

#include <algorithm>
#include <cstdint>
#include <span>

#include "inference/inference_backend.h"

namespace minerva::engine {

using inference::Token;

struct TokenPrefix {
  std::span<const Token> tokens;
  std::uint32_t space = 0;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(tokens.size()); }
  // Without its last token, whose logits are wanted and which therefore is always computed.
  [[nodiscard]] TokenPrefix reusable() const {
    return {.tokens = tokens.first(tokens.empty() ? 0 : tokens.size() - 1), .space = space};
  }
};

// The number of tokens with which both begin.
[[nodiscard]] inline std::uint32_t n_shared(const TokenPrefix& a, const TokenPrefix& b) {
  if (a.space != b.space) return 0;
  const auto differing = std::ranges::mismatch(a.tokens, b.tokens);
  return static_cast<std::uint32_t>(differing.in1 - a.tokens.begin());
}

}  // namespace minerva::engine
