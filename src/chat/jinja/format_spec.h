#pragma once
// Python's format specification: [[fill]align][sign][#][0][width][,|_][.precision][type].

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/jinja/runtime.h"

namespace minerva::chat::jinja {

struct FormatSpec {
  std::string fill = " ";
  char align = 0;   // '<' '>' '^' '=', 0: as the type has it
  char sign = '-';  // '+' '-' ' '
  bool alternate = false;
  char grouping = 0;  // ',' '_', 0: none
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char type = 0;
};

// Nothing on a malformed text.
[[nodiscard]] std::optional<FormatSpec> parse_format_spec(std::string_view text);
// format(value, spec). Fails the runtime where Python raises.
[[nodiscard]] Text format_value(Runtime& runtime, const Value& value, const FormatSpec& spec);
// Text widened to the spec's width; `numeric` aligns right and may put padding behind the sign.
[[nodiscard]] Text pad(Runtime& runtime, const Text& text, const FormatSpec& spec, bool numeric);
// A finite or infinite number in style e, f, g (or upper case), "%" included.
[[nodiscard]] std::string format_double(Runtime& runtime, double number, char type, std::int64_t precision,
                                        bool alternate);

}  // namespace minerva::chat::jinja
