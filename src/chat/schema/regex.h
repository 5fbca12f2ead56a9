#pragma once
// The regular expressions of JSON Schema's `pattern`: ECMA-262 with the flag u (https://262.ecma-international.org/#sec-patterns)
// without what no finite automaton can follow: lookaround, backreferences, word boundaries.
//
// Threads: pure functions. Errors: kInvalidRequest saying what is wrong and where; the field is left to the caller.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/schema/code_points.h"

namespace minerva::chat::schema {

struct Regex {
  enum class Kind : std::uint8_t { kSet, kBegin, kEnd, kSequence, kChoice, kRepeat };
  static constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t kMostRepeats = 1000;
  static constexpr int kDeepest = 64;  // groups within groups

  Kind kind = Kind::kSequence;
  CodePoints set{};         // of kSet
  std::uint32_t least = 0;  // of kRepeat
  std::uint32_t most = 0;
  std::vector<Regex> parts{};  // kRepeat has one
};

[[nodiscard]] Result<Regex> parse_regex(std::string_view pattern);

// The code points of valid UTF-8.
[[nodiscard]] std::u32string code_points_of(std::string_view text);

}  // namespace minerva::chat::schema
