#pragma once
// Python's json.dumps for template values.
//
// Origins: the text is a message's as a whole when any string in the value is (see python_repr.h for why).

#include <optional>
#include <string>

#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;  // of one level; nothing: all on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

[[nodiscard]] Value dump_json(Runtime& runtime, const Value& value, const JsonStyle& style);

}  // namespace minerva::chat::jinja
