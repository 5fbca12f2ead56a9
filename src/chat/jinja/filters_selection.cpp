// map, select, reject, selectattr, rejectattr.

#include <array>
#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/filters.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {
namespace {

// The arguments behind the first `n`, which said what to do.
Arguments behind(const Arguments& arguments, std::size_t n) {
  Arguments rest = arguments;
  rest.positional.erase(rest.positional.begin(), rest.positional.begin() + static_cast<std::ptrdiff_t>(n));
  return rest;
}

Value map_attribute(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "map", arguments, {"attribute", "default"}, 1);
  if (!bound) return {};
  const Value* otherwise = bound.has(1) && !bound[1].is_none() ? &bound[1] : nullptr;
  Sequence* result = runtime.sequence(SequenceKind::kGenerator);
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    if (!runtime.append(*result, follow_path(runtime, std::move(*item), bound[0], otherwise))) return {};
  }
  return runtime.failed() ? Value() : Value(result);
}

Value map(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!is_true(value)) return runtime.sequence(SequenceKind::kGenerator);
  if (arguments.positional.empty() && arguments.find("attribute") != nullptr)
    return map_attribute(runtime, value, arguments);
  if (arguments.positional.empty()) return runtime.fail("map requires a filter argument");
  const Value name = to_string(runtime, arguments.positional[0]);
  if (runtime.failed()) return {};
  const Arguments rest = behind(arguments, 1);
  Sequence* result = runtime.sequence(SequenceKind::kGenerator);
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    if (!runtime.append(*result, call_filter(runtime, name.bytes(), *item, rest))) return {};
  }
  return runtime.failed() ? Value() : Value(result);
}

template <bool kKeep, bool kByAttribute>
Value select(Runtime& runtime, const Value& value, const Arguments& arguments) {
  Sequence* result = runtime.sequence(SequenceKind::kGenerator);
  if (!is_true(value)) return result;
  const std::size_t n_before_test = kByAttribute ? 1 : 0;
  if (arguments.positional.size() < n_before_test)
    return runtime.fail("Missing parameter for attribute name");
  const bool has_test = arguments.positional.size() > n_before_test;
  const Value test = has_test ? to_string(runtime, arguments.positional[n_before_test]) : Value();
  if (runtime.failed()) return {};
  const Arguments rest = has_test ? behind(arguments, n_before_test + 1) : Arguments{};
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    const Value tested = kByAttribute ? follow_path(runtime, *item, arguments.positional[0]) : *item;
    if (runtime.failed()) return {};
    const std::optional<bool> holds =
        has_test ? call_predicate(runtime, test.bytes(), tested, rest) : std::optional(is_true(tested));
    if (!holds) return {};
    if (*holds == kKeep) runtime.append(*result, std::move(*item));
  }
  return runtime.failed() ? Value() : Value(result);
}

constexpr std::array kFilters = {
    Filter{"map", map},
    Filter{"select", select<true, false>},
    Filter{"reject", select<false, false>},
    Filter{"selectattr", select<true, true>},
    Filter{"rejectattr", select<false, true>},
};

}  // namespace

NativeFunction find_selection_filter(std::string_view name) { return find_in_table(kFilters, name); }

}  // namespace minerva::chat::jinja
