#pragma once
// str() and repr() of template values, as Python prints them.
//
// Origins: str of a string is the string. The text of a container is a message's as a whole when anything in it is:
// quotes and escapes are made from both sides, and a whole text is tokenized better than its fragments.

#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

[[nodiscard]] Text to_text(Runtime& runtime, const Value& value);  // str(value)
[[nodiscard]] Text repr(Runtime& runtime, const Value& value);
// A string for `value`: itself when it is one, else str(value).
[[nodiscard]] Value to_string(Runtime& runtime, const Value& value);
// repr of a piece of text, for messages.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace minerva::chat::jinja
