#include <algorithm>
#include <array>
#include <cmath>

#include "chat/jinja/access.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/methods.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {
namespace {

Value dict_get(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "get", arguments, {"/key", "/default"}, 1);
  if (!bound) return {};
  if (!runtime.check_hashable(bound[0])) return {};
  if (const Value* found = self.dict().find(bound[0])) return *found;
  return bound.has(1) ? bound[1] : Value(None{});
}

Value view(Runtime& runtime, const Dict& dict, SequenceKind kind) {
  Sequence* items = runtime.sequence(kind, dict.size());
  for (const Dict::Entry& entry : dict.entries()) {
    Value item = kind == SequenceKind::kKeysView ? entry.key : entry.value;
    if (kind == SequenceKind::kItemsView) {
      Sequence* pair = runtime.sequence(SequenceKind::kTuple, 2);
      if (!runtime.append(*pair, entry.key) || !runtime.append(*pair, entry.value)) return {};
      item = pair;
    }
    if (!runtime.append(*items, std::move(item))) return {};
  }
  return items;
}

template <SequenceKind kKind>
Value dict_view(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return Bound(runtime, "dict method", arguments, {}) ? view(runtime, self.dict(), kKind) : Value();
}

Value dict_copy(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "copy", arguments, {})) return {};
  Dict* copy = runtime.dict();
  for (const Dict::Entry& entry : self.dict().entries()) {
    if (!runtime.set(*copy, entry.key, entry.value)) return {};
  }
  return copy;
}

Value dict_fromkeys(Runtime& runtime, const Value& /*self*/, const Arguments& arguments) {
  const Bound bound(runtime, "fromkeys", arguments, {"/iterable", "/value"}, 1);
  if (!bound) return {};
  Dict* dict = runtime.dict();
  Cursor cursor(runtime, bound[0]);
  while (std::optional<Value> key = cursor.next()) {
    if (!runtime.set(*dict, *key, bound.has(1) ? bound[1] : Value(None{}))) return {};
  }
  return runtime.failed() ? Value() : Value(dict);
}

Value sequence_count(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "count", arguments, {"/value"}, 1);
  if (!bound) return {};
  std::int64_t n = 0;
  Cursor cursor(runtime, self);
  while (std::optional<Value> item = cursor.next()) n += equals(runtime, *item, bound[0]) ? 1 : 0;
  return runtime.failed() ? Value() : Value(n);
}

Value sequence_index(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "index", arguments, {"/value", "/start", "/stop"}, 1);
  if (!bound) return {};
  const auto size = static_cast<std::int64_t>(length_of(self).value_or(0));
  const auto position = [&](std::size_t i, std::int64_t otherwise) {
    const std::int64_t at = bound.integer(i, otherwise);
    return at < 0 ? std::max<std::int64_t>(at + size, 0) : at;
  };
  const std::int64_t start = position(1, 0);
  const std::int64_t stop = position(2, size);
  Cursor cursor(runtime, self);
  for (std::int64_t at = 0; at < stop; ++at) {
    const std::optional<Value> item = cursor.next();
    if (!item) break;
    if (at >= start && equals(runtime, *item, bound[0])) return at;
  }
  return runtime.fail(std::string(repr(runtime, bound[0]).bytes()) + " is not in " +
                      std::string(type_name(self)));
}

Value list_copy(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return Bound(runtime, "copy", arguments, {}) ? get_slice(runtime, self, {}, {}, {}) : Value();
}

Value is_integer(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "is_integer", arguments, {})) return {};
  return self.is_integral() || (std::isfinite(self.number()) && std::trunc(self.number()) == self.number());
}

Value bit_length(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "bit_length", arguments, {})) return {};
  const std::int64_t number = self.integer();
  const std::uint64_t magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  return static_cast<std::int64_t>(std::bit_width(magnitude));
}

constexpr std::array kDictMethods = {
    Method{"copy", dict_copy},
    Method{"fromkeys", dict_fromkeys},
    Method{"get", dict_get},
    Method{"items", dict_view<SequenceKind::kItemsView>},
    Method{"keys", dict_view<SequenceKind::kKeysView>},
    Method{"values", dict_view<SequenceKind::kValuesView>},
};
constexpr std::array kListMethods = {
    Method{"copy", list_copy},
    Method{"count", sequence_count},
    Method{"index", sequence_index},
};
constexpr std::array kTupleMethods = {
    // range has the same
    Method{"count", sequence_count},
    Method{"index", sequence_index},
};
constexpr std::array kIntMethods = {
    Method{"bit_length", bit_length},
    Method{"is_integer", is_integer},
};
constexpr std::array kFloatMethods = {
    Method{"is_integer", is_integer},
};

template <typename Table>
Method find_in(const Table& table, std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Method::name);
  return found == table.end() ? Method{} : *found;
}

// Data attributes of numbers, ranges and groups.
Value data_attribute(const Value& of, std::string_view name) {
  if (of.is_integral()) {
    if (name == "real" || name == "numerator") return of.integer();
    if (name == "imag") return std::int64_t{0};
    if (name == "denominator") return std::int64_t{1};
  } else if (of.is(Kind::kFloat)) {
    if (name == "real") return of;
    if (name == "imag") return 0.0;
  } else if (of.is(Kind::kRange)) {
    const Range& range = *of.as<Range*>();
    if (name == "start") return range.start;
    if (name == "stop") return range.stop;
    if (name == "step") return range.step;
  } else if (of.is(Kind::kSequence) && of.sequence().is_group) {
    if (name == "grouper") return of.sequence().items[0];
    if (name == "list") return of.sequence().items[1];
  }
  return {};
}

}  // namespace

Method find_container_method(const Value& of, std::string_view name) {
  switch (of.kind()) {
    case Kind::kDict: return find_in(kDictMethods, name);
    case Kind::kSequence:
      if (is_list(of)) return find_in(kListMethods, name);
      return is_tuple(of) ? find_in(kTupleMethods, name) : Method{};
    case Kind::kRange: return find_in(kTupleMethods, name);
    case Kind::kBool:
    case Kind::kInt: return find_in(kIntMethods, name);
    case Kind::kFloat: return find_in(kFloatMethods, name);
    default: return {};
  }
}

Value container_method(Runtime& runtime, const Value& of, std::string_view name) {
  if (Value data = data_attribute(of, name); !data.is_missing()) return data;
  return bind(runtime, find_container_method(of, name), of);
}

}  // namespace minerva::chat::jinja
