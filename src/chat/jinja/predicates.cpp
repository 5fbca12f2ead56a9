// jinja2's tests: what stands behind `is`.

#include <algorithm>
#include <array>

#include "chat/jinja/filters.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/methods_string_queries.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {
namespace {

using Answer = std::optional<bool>;

template <bool (*kHolds)(const Value&)>
Answer plain(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "test", arguments, {})) return std::nullopt;
  return kHolds(value);
}

bool is_defined(const Value& value) { return !value.is_undefined(); }
bool is_undefined(const Value& value) { return value.is_undefined(); }
bool is_none(const Value& value) { return value.is_none(); }
bool is_boolean(const Value& value) { return value.is(Kind::kBool); }
bool is_the_true(const Value& value) { return value.is(Kind::kBool) && value.as<bool>(); }
bool is_the_false(const Value& value) { return value.is(Kind::kBool) && !value.as<bool>(); }
bool is_integer(const Value& value) { return value.is(Kind::kInt); }
bool is_float(const Value& value) { return value.is(Kind::kFloat); }
bool is_number(const Value& value) { return value.is_number(); }
bool is_string(const Value& value) { return value.is_string(); }
bool is_mapping(const Value& value) { return value.is_dict(); }
bool is_escaped(const Value& value) { return value.is_string() && value.string().is_markup; }

// Python's Undefined has a length and an item access, and can be called as far as `callable` knows.
bool is_sequence(const Value& value) {
  return value.is_undefined() || value.is_string() || value.is_dict() || value.is(Kind::kRange) ||
         is_list(value) || is_tuple(value);
}
bool is_callable(const Value& value) {
  return value.is_undefined() || value.is(Kind::kCallable) || value.is(Kind::kLoop) ||
         value.is(Kind::kJoiner);
}

template <bool (*kHolds)(std::string_view)>
Answer of_text(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "test", arguments, {})) return std::nullopt;
  const Text text = to_text(runtime, value);
  if (!runtime.charge_bytes(text.size() * 4)) return std::nullopt;
  return kHolds(text.bytes());
}

template <CompareOp kOp>
Answer compared(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "test", arguments, {"/other"}, 1);
  return bound ? compare(runtime, kOp, value, bound[0]) : std::nullopt;
}

template <std::int64_t kRemainder>
Answer parity(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "test", arguments, {})) return std::nullopt;
  const Value rest = binary(runtime, BinaryOp::kMod, value, Value(std::int64_t{2}));
  if (runtime.failed()) return std::nullopt;
  return equals(rest, Value(kRemainder));
}

Answer divisible_by(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "divisibleby", arguments, {"num"}, 1);
  if (!bound) return std::nullopt;
  const Value rest = binary(runtime, BinaryOp::kMod, value, bound[0]);
  if (runtime.failed()) return std::nullopt;
  return equals(rest, Value(std::int64_t{0}));
}

Answer same_as(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "sameas", arguments, {"other"}, 1);
  if (!bound) return std::nullopt;
  return is_same(value, bound[0]);
}

Answer filter_exists(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "filter", arguments, {})) return std::nullopt;
  return value.is_string() && find_filter(value.bytes()) != nullptr;
}

Answer test_exists(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "test", arguments, {})) return std::nullopt;
  return value.is_string() && find_predicate(value.bytes()) != nullptr;
}

struct Entry {
  std::string_view name;
  Predicate predicate;
};

constexpr std::array kPredicates = {
    Entry{"!=", compared<CompareOp::kNe>},
    Entry{"<", compared<CompareOp::kLt>},
    Entry{"<=", compared<CompareOp::kLe>},
    Entry{"==", compared<CompareOp::kEq>},
    Entry{">", compared<CompareOp::kGt>},
    Entry{">=", compared<CompareOp::kGe>},
    Entry{"boolean", plain<is_boolean>},
    Entry{"callable", plain<is_callable>},
    Entry{"defined", plain<is_defined>},
    Entry{"divisibleby", divisible_by},
    Entry{"eq", compared<CompareOp::kEq>},
    Entry{"equalto", compared<CompareOp::kEq>},
    Entry{"escaped", plain<is_escaped>},
    Entry{"even", parity<0>},
    Entry{"false", plain<is_the_false>},
    Entry{"filter", filter_exists},
    Entry{"float", plain<is_float>},
    Entry{"ge", compared<CompareOp::kGe>},
    Entry{"greaterthan", compared<CompareOp::kGt>},
    Entry{"gt", compared<CompareOp::kGt>},
    Entry{"in", compared<CompareOp::kIn>},
    Entry{"integer", plain<is_integer>},
    Entry{"iterable", plain<is_iterable>},
    Entry{"le", compared<CompareOp::kLe>},
    Entry{"lessthan", compared<CompareOp::kLt>},
    Entry{"lower", of_text<is_all_lower>},
    Entry{"lt", compared<CompareOp::kLt>},
    Entry{"mapping", plain<is_mapping>},
    Entry{"ne", compared<CompareOp::kNe>},
    Entry{"none", plain<is_none>},
    Entry{"number", plain<is_number>},
    Entry{"odd", parity<1>},
    Entry{"sameas", same_as},
    Entry{"sequence", plain<is_sequence>},
    Entry{"string", plain<is_string>},
    Entry{"test", test_exists},
    Entry{"true", plain<is_the_true>},
    Entry{"undefined", plain<is_undefined>},
    Entry{"upper", of_text<is_all_upper>},
};
static_assert(std::ranges::is_sorted(kPredicates, {}, &Entry::name));

}  // namespace

Predicate find_predicate(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kPredicates, name, {}, &Entry::name);
  return found != kPredicates.end() && found->name == name ? found->predicate : nullptr;
}

}  // namespace minerva::chat::jinja
