#pragma once
// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.

#include <cstddef>
#include <string>
#include <string_view>

namespace minerva::utf8 {

// Bytes at the end of `text` that begin a code point which later bytes could still complete (0 to 3). A tail that can
// no longer become valid counts 0: waiting for it would be in vain.
[[nodiscard]] std::size_t incomplete_tail(std::string_view text);

// Offset of the first byte that is not part of a valid code point, or npos.
[[nodiscard]] std::size_t first_invalid(std::string_view text);

// The same text with each maximal invalid part replaced by U+FFFD (Unicode 15, section 3.9, "substitution of maximal subparts").
[[nodiscard]] std::string sanitize(std::string_view text);

// The beginning, sanitized and with an ellipsis when there is more: at most `n_bytes` of what a stranger wrote, for a sentence.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t n_bytes);

}  // namespace minerva::utf8
