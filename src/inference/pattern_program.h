#pragma once
// A regular expression as a program for TriggerPattern.
//
// Threads: values.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "inference/pattern_tree.h"

namespace minerva::inference {

struct PatternStep {
  enum class Kind : std::uint8_t {
    kByte,   // one byte of sets[x]
    kSplit,  // go on at x, or else at y
    kJump,   // go on at x
    kSave,  // the place here is the x-th of a match: 2i begins group i, 2i + 1 ends it; group 0 is the whole match
    kAtBegin,    // only before the first byte
    kAtEnd,      // only after the last
    kAtWord,     // only between a letter, digit or _ and something else
    kNotAtWord,  // only elsewhere
    kMatch,
  };
  Kind kind = Kind::kMatch;
  std::uint32_t x = 0;
  std::uint32_t y = 0;
};

struct PatternProgram {
  std::vector<PatternStep> steps;
  std::vector<ByteSet> sets;
  std::uint32_t n_groups = 1;  // with the whole match

  static constexpr std::size_t kMostSteps = 4096;
};

// As parse_pattern(), and refuses a program of more than kMostSteps: each may cost a step of work for each byte.
[[nodiscard]] Result<PatternProgram> compile_pattern(std::string_view pattern);

// The program that finds just this text.
[[nodiscard]] PatternProgram literal_pattern(std::string_view text);

}  // namespace minerva::inference
