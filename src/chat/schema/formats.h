#pragma once
// The formats of JSON Schema that are enforced, as regular expressions.
//
// Threads: pure function.

#include <optional>
#include <string>
#include <string_view>

namespace minerva::chat::schema {

// Nothing for a format that is an annotation here. What it matches may be narrower than the format: every text is valid.
[[nodiscard]] std::optional<std::string> pattern_of_format(std::string_view format);

}  // namespace minerva::chat::schema
