#pragma once
// Numbers as Python reads and writes them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minerva::chat::jinja {

// repr(float): the shortest digits that read back as the same number, "1e+16" from 1e16 on, "1e-05" below 1e-4.
[[nodiscard]] std::string float_repr(double number);
// float(text): surrounding whitespace, single underscores between digits, inf, nan.
[[nodiscard]] std::optional<double> parse_float(std::string_view text);
// int(text, base): surrounding whitespace, sign, underscores, prefixes where the base allows. Nothing on bad text or overflow.
[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text, int base);
// `|number|` in base 2, 8, 10 or 16, lowercase.
[[nodiscard]] std::string magnitude_digits(std::int64_t number, int base);

}  // namespace minerva::chat::jinja
