#include "chat/jinja/unicode.h"

#include <algorithm>

#include "chat/jinja/unicode_tables.h"

namespace minerva::chat::jinja::unicode {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

bool is_in(std::span<const Interval> intervals, char32_t c) {
  const auto after = std::ranges::upper_bound(intervals, c, {}, &Interval::first);
  return after != intervals.begin() && c <= std::prev(after)->last;
}

// Applies a simple mapping: a run of code points, every `stride`th of them moved by `delta`.
char32_t mapped(std::span<const Mapping> mappings, char32_t c) {
  const auto after = std::ranges::upper_bound(mappings, c, {}, &Mapping::first);
  if (after == mappings.begin()) return c;
  const Mapping& mapping = *std::prev(after);
  if (c > mapping.last || (c - mapping.first) % mapping.stride != 0) return c;
  return static_cast<char32_t>(static_cast<std::int64_t>(c) + mapping.delta);
}

bool append_special(std::string& to, std::span<const Special> specials, char32_t c) {
  const auto found = std::ranges::lower_bound(specials, c, {}, &Special::from);
  if (found == specials.end() || found->from != c) return false;
  to += found->to;
  return true;
}

}  // namespace

std::size_t count(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += is_continuation(c) ? 0U : 1U;
  return n;
}

std::size_t width_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(width, text.size() - at);
}

std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += width_at(text, at);
  return at;
}

char32_t next(std::string_view text, std::size_t& at) {
  const std::size_t width = width_at(text, at);
  const auto lead = static_cast<unsigned char>(text[at]);
  char32_t c = width == 1 ? lead : lead & (0x7fU >> width);
  for (std::size_t i = 1; i < width; ++i) c = (c << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
  at += width;
  return c;
}

std::size_t previous(std::string_view text, std::size_t at) {
  --at;
  while (at > 0 && is_continuation(text[at])) --at;
  return at;
}

void append(std::string& to, char32_t c) {
  const auto byte = [&](char32_t bits) { to += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0U | (c >> 6U));
    byte(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    byte(0xe0U | (c >> 12U));
    byte(0x80U | ((c >> 6U) & 0x3fU));
    byte(0x80U | (c & 0x3fU));
  } else {
    byte(0xf0U | (c >> 18U));
    byte(0x80U | ((c >> 12U) & 0x3fU));
    byte(0x80U | ((c >> 6U) & 0x3fU));
    byte(0x80U | (c & 0x3fU));
  }
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
  return is_in(kSpace, c);
}
bool is_alpha(char32_t c) { return is_in(kAlpha, c); }
bool is_decimal(char32_t c) { return is_in(kDecimal, c); }
bool is_digit(char32_t c) { return is_in(kDigit, c); }
bool is_numeric(char32_t c) { return is_in(kNumeric, c); }
bool is_upper(char32_t c) { return is_in(kUpper, c); }
bool is_lower(char32_t c) { return is_in(kLower, c); }
bool is_title(char32_t c) { return is_in(kTitle, c); }
bool is_printable(char32_t c) { return c < 0x7f ? c >= 0x20 : is_in(kPrintable, c); }

void append_upper(std::string& to, char32_t c) {
  if (c < 0x80) {
    to += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  } else if (!append_special(to, kSpecialUpper, c)) {
    append(to, mapped(kToUpper, c));
  }
}

void append_lower(std::string& to, char32_t c) {
  if (c < 0x80) {
    to += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  } else if (!append_special(to, kSpecialLower, c)) {
    append(to, mapped(kToLower, c));
  }
}

void append_title(std::string& to, char32_t c) {
  if (!append_special(to, kSpecialTitle, c)) append(to, mapped(kToTitle, c));
}

}  // namespace minerva::chat::jinja::unicode
