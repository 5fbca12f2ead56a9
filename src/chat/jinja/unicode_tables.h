#pragma once
// Character properties and case mappings, ascending. Made by unicode_tables.py from Python's `unicodedata`.

#include <cstdint>
#include <span>
#include <string_view>

namespace minerva::chat::jinja::unicode {

struct Interval {
  char32_t first;
  char32_t last;
};

// Every `stride`th code point of [first, last] maps to itself + delta.
struct Mapping {
  char32_t first;
  char32_t last;
  std::int32_t delta;
  std::uint32_t stride;
};

struct Special {
  char32_t from;
  std::string_view to;
};

extern const std::span<const Interval> kSpace, kAlpha, kDecimal, kDigit, kNumeric, kUpper, kLower, kTitle,
    kPrintable;
extern const std::span<const Mapping> kToUpper, kToLower, kToTitle;
extern const std::span<const Special> kSpecialUpper, kSpecialLower, kSpecialTitle;

}  // namespace minerva::chat::jinja::unicode
