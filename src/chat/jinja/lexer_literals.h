#pragma once
// The lengths of literals at the head of a text (0: none there), by jinja2's patterns, and Python's string escapes.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::chat::jinja {

[[nodiscard]] std::size_t float_length(std::string_view text);    // 1.5, 1e9, 1_000.0
[[nodiscard]] std::size_t integer_length(std::string_view text);  // 10, 1_000, 0xff, 0o7, 0b1
[[nodiscard]] std::size_t name_length(std::string_view text);     // letters, digits and underscores
[[nodiscard]] bool is_identifier_start(std::string_view text);
[[nodiscard]] std::size_t string_length(std::string_view text);  // with both quotes
[[nodiscard]] Result<std::string> unescape(std::string_view inner);

}  // namespace minerva::chat::jinja
