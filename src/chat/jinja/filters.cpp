#include "chat/jinja/filters.h"

#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {

NativeFunction find_filter(std::string_view name) {
  for (const auto find : {find_text_filter, find_value_filter, find_sequence_filter, find_selection_filter,
                          find_order_filter}) {
    if (const NativeFunction filter = find(name)) return filter;
  }
  return nullptr;
}

Value call_filter(Runtime& runtime, std::string_view name, const Value& value, const Arguments& arguments) {
  if (runtime.failed()) return {};
  const NativeFunction filter = find_filter(name);
  return filter != nullptr ? filter(runtime, value, arguments)
                           : runtime.fail("No filter named " + quote(name) + ".");
}

std::optional<bool> call_predicate(Runtime& runtime, std::string_view name, const Value& value,
                                   const Arguments& arguments) {
  if (runtime.failed()) return std::nullopt;
  const Predicate predicate = find_predicate(name);
  if (predicate != nullptr) return predicate(runtime, value, arguments);
  runtime.fail("No test named " + quote(name) + ".");
  return std::nullopt;
}

}  // namespace minerva::chat::jinja
