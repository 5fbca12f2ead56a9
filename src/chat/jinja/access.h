#pragma once
// `a.b`, `a[b]` and `a[b:c]` as jinja2's sandbox resolves them: an attribute falls back to an item and the other way
// round, what is not there is Undefined, private names and methods that would change a value are Undefined too.

#include <string_view>

#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

[[nodiscard]] Value get_attribute(Runtime& runtime, const Value& of, std::string_view name);
[[nodiscard]] Value get_item(Runtime& runtime, const Value& of, const Value& key);
// Bounds that are None or Missing are open.
[[nodiscard]] Value get_slice(Runtime& runtime, const Value& of, const Value& start, const Value& stop,
                              const Value& step);

// A path of attributes as filters take it: "a.b.0", or an index; missing parts give `otherwise` when that is given.
[[nodiscard]] Value follow_path(Runtime& runtime, Value from, const Value& path,
                                const Value* otherwise = nullptr);

// The method of a built-in type as a callable, or Missing.
[[nodiscard]] Value string_method(Runtime& runtime, const Value& of, std::string_view name);
[[nodiscard]] Value container_method(Runtime& runtime, const Value& of, std::string_view name);
// Attributes of `loop`, cyclers, joiners, macros, or Missing.
[[nodiscard]] Value object_attribute(Runtime& runtime, const Value& of, std::string_view name);

}  // namespace minerva::chat::jinja
