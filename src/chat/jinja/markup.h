#pragma once
// HTML escaping as markupsafe does it. Chat templates rarely mean it, but `safe` and `escape` occur in them.

#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

// A markup string: `value` itself when it is one, else its str() with & < > ' " replaced.
[[nodiscard]] Value escape_markup(Runtime& runtime, const Value& value);
// Comments and tags removed, white space runs joined to one space, entities resolved.
[[nodiscard]] Value strip_tags(Runtime& runtime, const Value& value);
// Percent-encoding; spaces become '+' and '/' is encoded too when `for_query`.
[[nodiscard]] Text url_quote(const Text& text, bool for_query);

}  // namespace minerva::chat::jinja
