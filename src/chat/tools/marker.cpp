#include "chat/tools/marker.h"

#include <algorithm>
#include <cctype>

namespace minerva::chat {
namespace {

bool fits_hole(char hole, char c) {
  const bool digit = c >= '0' && c <= '9';
  if (hole == kIndexHole) return digit;
  return digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

}  // namespace

bool is_marker_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool is_blank(std::string_view text) { return std::ranges::all_of(text, is_marker_space); }

MarkerMatch match_marker(std::string_view marker, std::string_view text) {
  using Kind = MarkerMatch::Kind;
  MarkerMatch match;
  std::size_t at = 0;
  for (const char wanted : marker) {
    if (is_marker_space(wanted)) continue;
    while (at < text.size() && is_marker_space(text[at])) ++at;
    if (at == text.size()) return {.kind = Kind::kPartial};
    if (wanted == kIdHole || wanted == kIndexHole) {
      const std::size_t begin = at;
      while (at < text.size() && fits_hole(wanted, text[at])) ++at;
      if (at == text.size()) return {.kind = Kind::kPartial};
      if (at == begin) return {};
      if (wanted == kIndexHole) match.index = text.substr(begin, at - begin);
    } else if (text[at++] != wanted) {
      return {};
    }
  }
  match.kind = Kind::kWhole;
  match.n_bytes = at;
  return match;
}

}  // namespace minerva::chat
