#pragma once
// Python's string operations on Text: every byte of a result keeps the origin it had.
//
// A Text that may grow beyond its input is bounded by the caller, who knows the Runtime.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/jinja/text.h"

namespace minerva::chat::jinja {

// str.strip and its halves. `characters` null: white space.
[[nodiscard]] Text strip(const Text& text, const std::string* characters, bool left, bool right);
// str.split() without separator, str.split(separator), str.splitlines(); `max_splits` < 0: no bound.
[[nodiscard]] std::vector<Text> split_whitespace(const Text& text, std::int64_t max_splits);
[[nodiscard]] std::vector<Text> split_whitespace_right(const Text& text, std::int64_t max_splits);
[[nodiscard]] std::vector<Text> split(const Text& text, std::string_view separator, std::int64_t max_splits);
[[nodiscard]] std::vector<Text> split_right(const Text& text, std::string_view separator,
                                            std::int64_t max_splits);
[[nodiscard]] std::vector<Text> split_lines(const Text& text, bool keep_ends);

// How often `part` occurs without overlap; the empty part occurs around every character.
[[nodiscard]] std::size_t count_occurrences(std::string_view text, std::string_view part);
[[nodiscard]] Text replace(const Text& text, std::string_view part, const Text& by, std::int64_t max_count);

enum class Case : std::uint8_t { kUpper, kLower, kSwap, kCapitalize, kTitle };
[[nodiscard]] Text change_case(const Text& text, Case to);
[[nodiscard]] Text reversed(const Text& text);

}  // namespace minerva::chat::jinja
