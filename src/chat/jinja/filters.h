#pragma once
// jinja2's filters, `tojson` as transformers overrides it, and its tests (here: predicates).

#include <optional>
#include <string_view>

#include "chat/jinja/callable.h"

namespace minerva::chat::jinja {

using Predicate = std::optional<bool> (*)(Runtime&, const Value& value, const Arguments&);

// Null where there is none of this name.
[[nodiscard]] NativeFunction find_filter(std::string_view name);
[[nodiscard]] Predicate find_predicate(std::string_view name);

// The same, failing the runtime on an unknown name.
[[nodiscard]] Value call_filter(Runtime& runtime, std::string_view name, const Value& value,
                                const Arguments& arguments);
[[nodiscard]] std::optional<bool> call_predicate(Runtime& runtime, std::string_view name, const Value& value,
                                                 const Arguments& arguments);

// One file of filters each; see filters.cpp for the registry.
[[nodiscard]] NativeFunction find_text_filter(std::string_view name);
[[nodiscard]] NativeFunction find_sequence_filter(std::string_view name);
[[nodiscard]] NativeFunction find_order_filter(std::string_view name);
[[nodiscard]] NativeFunction find_selection_filter(std::string_view name);
[[nodiscard]] NativeFunction find_value_filter(std::string_view name);

struct Filter {
  std::string_view name;
  NativeFunction function;
};
template <typename Table>
[[nodiscard]] NativeFunction find_in_table(const Table& table, std::string_view name) {
  for (const Filter& filter : table) {
    if (filter.name == name) return filter.function;
  }
  return nullptr;
}

}  // namespace minerva::chat::jinja
