#pragma once
// A sequence's beginning and its KV, outside of any slot. A value.

#include <cstdint>
#include <vector>

#include "engine/token_prefix.h"
#include "inference/inference_backend.h"

namespace minerva::engine {

struct StoredPrefix {
  std::vector<inference::Token> tokens;
  std::uint32_t space = 0;
  inference::SlotState state;

  [[nodiscard]] TokenPrefix prefix() const { return {.tokens = tokens, .space = space}; }
  [[nodiscard]] std::uint64_t n_bytes() const {
    return tokens.size() * sizeof(inference::Token) + state.size();
  }
};

}  // namespace minerva::engine
