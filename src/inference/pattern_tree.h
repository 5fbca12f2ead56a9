#pragma once
// A regular expression as a tree: what compile_pattern() makes a program of.
//
// Threads: values.

#include <bitset>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace minerva::inference {

using ByteSet = std::bitset<256>;

struct PatternNode {
  enum class Type : std::uint8_t { kSet, kAssertion, kSequence, kChoice, kGroup, kRepeat };
  enum class Assertion : std::uint8_t { kAtBegin, kAtEnd, kAtWord, kNotAtWord };

  static constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

  Type type = Type::kSequence;
  ByteSet set{};                              // of kSet: one of these bytes
  Assertion assertion = Assertion::kAtBegin;  // of kAssertion
  std::uint32_t group = 0;                    // of kGroup: its number from 1; 0: it is not kept
  std::uint32_t least = 0;                    // of kRepeat
  std::uint32_t most = 0;
  bool lazy = false;
  std::vector<PatternNode> parts{};  // kRepeat and kGroup have one
};

struct PatternTree {
  PatternNode root;
  std::uint32_t n_groups = 1;  // with the whole match

  static constexpr std::uint32_t kMostGroups = 32;
  static constexpr std::uint32_t kMostRepeats = 1000;
  static constexpr int kDeepest = 64;  // groups within groups
};

// The language is ECMAScript's (https://262.ecma-international.org/#sec-patterns) on bytes, without backreferences and
// lookahead. kInvalidRequest saying what is wrong and where; the field is left to the caller.
[[nodiscard]] Result<PatternTree> parse_pattern(std::string_view pattern);

// A letter, digit or underscore of ASCII: what \w is.
[[nodiscard]] bool is_word_byte(unsigned char byte);

}  // namespace minerva::inference
