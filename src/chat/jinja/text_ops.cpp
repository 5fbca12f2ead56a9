#include "chat/jinja/text_ops.h"

#include <algorithm>
#include <utility>

#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

bool is_stripped(char32_t c, const std::string* characters) {
  if (characters == nullptr) return unicode::is_space(c);
  std::string bytes;
  unicode::append(bytes, c);
  return characters->contains(bytes);
}

std::size_t skip_spaces(std::string_view text, std::size_t at, bool is_space) {
  while (at < text.size()) {
    std::size_t after = at;
    if (unicode::is_space(unicode::next(text, after)) != is_space) break;
    at = after;
  }
  return at;
}

std::size_t skip_spaces_back(std::string_view text, std::size_t at, bool is_space) {
  while (at > 0) {
    const std::size_t before = unicode::previous(text, at);
    std::size_t begin = before;
    if (unicode::is_space(unicode::next(text, begin)) != is_space) break;
    at = before;
  }
  return at;
}

bool is_cased(char32_t c) { return unicode::is_upper(c) || unicode::is_lower(c) || unicode::is_title(c); }

// The Greek sigma at the end of a word has a lower case form of its own. `at` is the byte behind the sigma.
bool is_final_sigma(std::string_view text, std::size_t begin, std::size_t at) {
  if (begin == 0) return false;
  std::size_t before = unicode::previous(text, begin);
  if (!is_cased(unicode::next(text, before))) return false;
  return at >= text.size() || !is_cased(unicode::next(text, at));
}

void append_lower(std::string& to, char32_t c, std::string_view text, std::size_t begin, std::size_t at) {
  constexpr char32_t kSigma = 0x3a3;
  constexpr char32_t kFinalSigma = 0x3c2;
  if (c == kSigma && is_final_sigma(text, begin, at)) {
    unicode::append(to, kFinalSigma);
  } else {
    unicode::append_lower(to, c);
  }
}

bool is_line_end(char32_t c) {
  return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

}  // namespace

Text strip(const Text& text, const std::string* characters, bool left, bool right) {
  const std::string_view bytes = text.bytes();
  std::size_t begin = 0;
  std::size_t end = bytes.size();
  while (left && begin < end) {
    std::size_t after = begin;
    if (!is_stripped(unicode::next(bytes, after), characters)) break;
    begin = after;
  }
  while (right && end > begin) {
    const std::size_t before = unicode::previous(bytes, end);
    std::size_t at = before;
    if (!is_stripped(unicode::next(bytes, at), characters)) break;
    end = before;
  }
  return begin == 0 && end == bytes.size() ? text : text.slice(begin, end);
}

std::vector<Text> split_whitespace(const Text& text, std::int64_t max_splits) {
  const std::string_view bytes = text.bytes();
  std::vector<Text> parts;
  std::size_t at = skip_spaces(bytes, 0, true);
  while (at < bytes.size()) {
    if (max_splits >= 0 && std::cmp_greater_equal(parts.size(), max_splits)) {
      parts.push_back(text.slice(at, bytes.size()));
      break;
    }
    const std::size_t end = skip_spaces(bytes, at, false);
    parts.push_back(text.slice(at, end));
    at = skip_spaces(bytes, end, true);
  }
  return parts;
}

std::vector<Text> split_whitespace_right(const Text& text, std::int64_t max_splits) {
  const std::string_view bytes = text.bytes();
  std::vector<Text> parts;
  std::size_t end = skip_spaces_back(bytes, bytes.size(), true);
  while (end > 0) {
    if (max_splits >= 0 && std::cmp_greater_equal(parts.size(), max_splits)) {
      parts.push_back(text.slice(0, end));
      break;
    }
    const std::size_t begin = skip_spaces_back(bytes, end, false);
    parts.push_back(text.slice(begin, end));
    end = skip_spaces_back(bytes, begin, true);
  }
  std::ranges::reverse(parts);
  return parts;
}

std::vector<Text> split(const Text& text, std::string_view separator, std::int64_t max_splits) {
  std::vector<Text> parts;
  std::size_t at = 0;
  while (max_splits < 0 || std::cmp_less(parts.size(), max_splits)) {
    const std::size_t found = text.bytes().find(separator, at);
    if (found == std::string::npos) break;
    parts.push_back(text.slice(at, found));
    at = found + separator.size();
  }
  parts.push_back(text.slice(at, text.size()));
  return parts;
}

std::vector<Text> split_right(const Text& text, std::string_view separator, std::int64_t max_splits) {
  std::vector<Text> parts;
  std::size_t end = text.size();
  while ((max_splits < 0 || std::cmp_less(parts.size(), max_splits)) && end >= separator.size()) {
    const std::size_t found = text.bytes().rfind(separator, end - separator.size());
    if (found == std::string::npos) break;
    parts.push_back(text.slice(found + separator.size(), end));
    end = found;
  }
  parts.push_back(text.slice(0, end));
  std::ranges::reverse(parts);
  return parts;
}

std::vector<Text> split_lines(const Text& text, bool keep_ends) {
  const std::string_view bytes = text.bytes();
  std::vector<Text> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = at;
    const char32_t c = unicode::next(bytes, at);
    if (!is_line_end(c)) continue;
    if (c == '\r' && at < bytes.size() && bytes[at] == '\n') ++at;
    lines.push_back(text.slice(begin, keep_ends ? at : end));
    begin = at;
  }
  if (begin < bytes.size()) lines.push_back(text.slice(begin, bytes.size()));
  return lines;
}

std::size_t count_occurrences(std::string_view text, std::string_view part) {
  if (part.empty()) return unicode::count(text) + 1;
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
    ++n;
  return n;
}

Text replace(const Text& text, std::string_view part, const Text& by, std::int64_t max_count) {
  Text result;
  const std::string_view bytes = text.bytes();
  std::size_t copied = 0;
  std::int64_t n = 0;
  if (part.empty()) {
    for (std::size_t at = 0; max_count < 0 || n < max_count; ++n) {
      result.append(by);
      if (at >= bytes.size()) break;
      at += unicode::width_at(bytes, at);
      result.append(text, copied, at);
      copied = at;
    }
  } else {
    for (std::size_t at = bytes.find(part); at != std::string_view::npos && (max_count < 0 || n < max_count);
         ++n) {
      result.append(text, copied, at);
      result.append(by);
      copied = at + part.size();
      at = bytes.find(part, copied);
    }
  }
  result.append(text, copied, bytes.size());
  return result;
}

Text change_case(const Text& text, Case to) {
  const std::string_view bytes = text.bytes();
  Text result;
  result.reserve(bytes.size());
  std::string changed;
  bool is_word_start = true;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t begin = at;
    const char32_t c = unicode::next(bytes, at);
    changed.clear();
    const bool is_first = is_word_start && (to == Case::kCapitalize || to == Case::kTitle);
    if (is_first) {
      unicode::append_title(changed, c);
    } else if (to == Case::kUpper || (to == Case::kSwap && !unicode::is_upper(c))) {
      unicode::append_upper(changed, c);
    } else {
      append_lower(changed, c, bytes, begin, at);
    }
    is_word_start = to == Case::kTitle && !is_cased(c);
    result.append(changed, text.origin_at(begin));
  }
  return result;
}

Text reversed(const Text& text) {
  const std::string_view bytes = text.bytes();
  Text result;
  result.reserve(bytes.size());
  for (std::size_t end = bytes.size(); end > 0;) {
    const std::size_t begin = unicode::previous(bytes, end);
    result.append(text, begin, end);
    end = begin;
  }
  return result;
}

}  // namespace minerva::chat::jinja
