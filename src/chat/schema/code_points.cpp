#include "chat/schema/code_points.h"

#include <algorithm>

namespace minerva::chat::schema {
namespace {

constexpr char32_t kFirstSurrogate = 0xD800;
constexpr char32_t kLastSurrogate = 0xDFFF;

}  // namespace

void CodePoints::add(char32_t first, char32_t last) {
  last = std::min(last, kLastCodePoint);
  if (first < kFirstSurrogate) add_valid(first, std::min<char32_t>(last, kFirstSurrogate - 1));
  if (last > kLastSurrogate) add_valid(std::max<char32_t>(first, kLastSurrogate + 1), last);
}

void CodePoints::add(const CodePoints& other) {
  for (const CodePointRange& range : other.ranges_) add_valid(range.first, range.last);
}

void CodePoints::add_valid(char32_t first, char32_t last) {
  if (first > last) return;
  const auto begin =
      std::ranges::find_if(ranges_, [first](const CodePointRange& range) { return range.last + 1 >= first; });
  auto end = begin;
  for (; end != ranges_.end() && end->first <= last + 1; ++end) {
    first = std::min(first, end->first);
    last = std::max(last, end->last);
  }
  ranges_.insert(ranges_.erase(begin, end), {.first = first, .last = last});
}

CodePoints CodePoints::complement() const {
  CodePoints others;
  char32_t next = 0;
  for (const CodePointRange& range : ranges_) {
    if (range.first > next) others.add(next, range.first - 1);
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) others.add(next, kLastCodePoint);
  return others;
}

bool CodePoints::contains(char32_t code_point) const {
  return std::ranges::any_of(ranges_, [code_point](const CodePointRange& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

}  // namespace minerva::chat::schema
