#pragma once
// Python's view of text: code points, and what each of them is. The tables follow Python's `unicodedata`
// (unicode_tables.py made them); strings are valid UTF-8.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minerva::chat::jinja::unicode {

// Code points in `text`.
[[nodiscard]] std::size_t count(std::string_view text);
// Byte offset of the code point with number `index` (the size where there are fewer).
[[nodiscard]] std::size_t offset_of(std::string_view text, std::size_t index);
// Bytes of the code point at `at`.
[[nodiscard]] std::size_t width_at(std::string_view text, std::size_t at);
// The code point at `at`; moves `at` behind it.
char32_t next(std::string_view text, std::size_t& at);
// Start of the code point that ends before `at`; at > 0.
[[nodiscard]] std::size_t previous(std::string_view text, std::size_t at);
void append(std::string& to, char32_t c);

// str.isspace, isalpha, isdecimal, isdigit, isnumeric, isupper, islower, istitle, isprintable of one character.
[[nodiscard]] bool is_space(char32_t c);
[[nodiscard]] bool is_alpha(char32_t c);
[[nodiscard]] bool is_decimal(char32_t c);
[[nodiscard]] bool is_digit(char32_t c);
[[nodiscard]] bool is_numeric(char32_t c);
[[nodiscard]] bool is_upper(char32_t c);
[[nodiscard]] bool is_lower(char32_t c);
[[nodiscard]] bool is_title(char32_t c);
[[nodiscard]] bool is_printable(char32_t c);

// Full case mappings: one character may become up to three.
void append_upper(std::string& to, char32_t c);
void append_lower(std::string& to, char32_t c);
void append_title(std::string& to, char32_t c);

}  // namespace minerva::chat::jinja::unicode
