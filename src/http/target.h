#pragma once
// The request target of RFC 9112, section 3.2: its forms, its path and query, and percent-encoding.
//
// Threads: pure functions.

#include <optional>
#include <string>
#include <string_view>

namespace minerva::http {

// Views into the target they were split from.
struct Target {
  std::string_view path;   // encoded; "*" for OPTIONS *
  std::string_view query;  // after '?', without it
};

// Takes the origin form (/path?query), the absolute form (http://host/path?query) and the asterisk form; nothing when it
// is none of them.
[[nodiscard]] std::optional<Target> split_target(std::string_view target);

// Nothing for a '%' without two hexadecimal digits and for an encoded NUL, which no path of ours can hold.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace minerva::http
