#pragma once
// A sequence's beginning and its KV, outside of any slot. A value.

#include <cstdint>
#include <vector>

#include "inference/inference_backend.h"

namespace minerva::engine {

struct StoredPrefix {
  std::vector<inference::Token> tokens;
  inference::SlotState state;

  [[nodiscard]] std::uint64_t n_bytes() const {
    return tokens.size() * sizeof(inference::Token) + state.size();
  }
};

}  // namespace minerva::engine
