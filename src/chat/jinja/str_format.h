#pragma once
// Python's two ways to format: "…%s…" % arguments, and "…{}…".format(arguments).
//
// Origins: literal parts and inserted strings keep theirs, padding belongs to the format.

#include "chat/jinja/callable.h"
#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

// `arguments` as on the right of the % operator: a tuple, a dict, or one value.
[[nodiscard]] Value percent_format(Runtime& runtime, const Value& format, const Value& arguments);
[[nodiscard]] Value brace_format(Runtime& runtime, const Value& format, const Arguments& arguments);

}  // namespace minerva::chat::jinja
