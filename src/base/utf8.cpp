#include "base/utf8.h"

#include <algorithm>
#include <cstdint>

namespace minerva::utf8 {
namespace {

struct Scan {
  std::size_t length = 0;  // bytes of the code point, or of its longest valid beginning
  bool complete = false;
  bool starved = false;  // a valid beginning that ends with the text
};

// Bounds of the second byte by lead byte: table 3-7 of the Unicode standard.
struct Bounds {
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
};

Bounds second_byte(std::uint8_t lead) {
  switch (lead) {
    case 0xE0: return {0xA0, 0xBF};
    case 0xED: return {0x80, 0x9F};
    case 0xF0: return {0x90, 0xBF};
    case 0xF4: return {0x80, 0x8F};
    default: return {};
  }
}

std::size_t expected_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

Scan scan(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t expected = expected_length(lead);
  if (expected == 0) return {.length = 1};
  Bounds bounds = second_byte(lead);
  for (std::size_t i = 1; i < expected; ++i, bounds = {}) {
    if (i == text.size()) return {.length = i, .starved = true};
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < bounds.low || byte > bounds.high) return {.length = i};
  }
  return {.length = expected, .complete = true};
}

}  // namespace

std::size_t incomplete_tail(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<std::uint8_t>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte >= 0xC0) return scan(text.substr(text.size() - back)).starved ? back : 0;
  }
  return 0;
}

std::size_t first_invalid(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Scan point = scan(text.substr(at));
    if (!point.complete) return at;
    at += point.length;
  }
  return std::string_view::npos;
}

std::string sanitize(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Scan point = scan(text.substr(at));
    if (point.complete) {
      clean += text.substr(at, point.length);
    } else {
      clean += "\xEF\xBF\xBD";
    }
    at += point.length;
  }
  return clean;
}

std::string excerpt(std::string_view text, std::size_t n_bytes) {
  if (text.size() <= n_bytes) return sanitize(text);
  const std::string_view begin = text.substr(0, n_bytes);
  return sanitize(begin.substr(0, begin.size() - incomplete_tail(begin))) + "…";
}

}  // namespace minerva::utf8
