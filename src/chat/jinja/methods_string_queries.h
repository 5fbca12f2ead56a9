#pragma once
// Parts of str's methods that filters share.

#include "chat/jinja/methods.h"

namespace minerva::chat::jinja {

// find, count, startswith, isdigit…: the methods that ask something.
[[nodiscard]] Method find_string_query(std::string_view name);

// str.replace, bounded; `self` is a string.
[[nodiscard]] Value replace_text(Runtime& runtime, const Value& self, std::string_view part, const Text& by,
                                 std::int64_t max_count);
// str.ljust ('<'), rjust ('>') and center ('^').
[[nodiscard]] Text justified(Runtime& runtime, const String& text, std::int64_t width, char align,
                             const std::string& fill);
// str.isupper and islower: cased characters are all of this case, and there is one.
[[nodiscard]] bool is_all_upper(std::string_view text);
[[nodiscard]] bool is_all_lower(std::string_view text);

}  // namespace minerva::chat::jinja
