#pragma once
// The texts that match every one of some regular expressions (anywhere in them, as `pattern` does), have a length within
// bounds, and are none of some others.
//
// Threads: pure functions. Errors: kInvalidRequest when the automaton would be too large; the field is left to the caller.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "chat/schema/automaton.h"
#include "chat/schema/regex.h"

namespace minerva::chat::schema {

inline constexpr std::size_t kMostStates = 4000;

struct TextRules {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::vector<Regex> patterns{};
  std::uint64_t least = 0;  // code points
  std::uint64_t most = kUnlimited;
  std::vector<std::u32string> excluded{};
};

[[nodiscard]] Result<Automaton> make_text_automaton(const TextRules& rules);

}  // namespace minerva::chat::schema
