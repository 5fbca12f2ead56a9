// Filters that take sequences apart and put them together.

#include <algorithm>
#include <array>
#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/filters.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/methods.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/text_ops.h"

namespace minerva::chat::jinja {
namespace {

Value length(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "length", arguments, {})) return {};
  if (const std::optional<std::size_t> n = length_of(value)) return static_cast<std::int64_t>(*n);
  return runtime.fail("object of type '" + std::string(type_name(value)) + "' has no len()");
}

Sequence* gather(Runtime& runtime, const Value& value, SequenceKind kind) {
  Sequence* list = runtime.sequence(kind);
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    if (!runtime.append(*list, std::move(*item))) return nullptr;
  }
  return runtime.failed() ? nullptr : list;
}

Value value_or_failure(Sequence* list) { return list == nullptr ? Value() : Value(list); }

Value list(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return Bound(runtime, "list", arguments, {}) ? value_or_failure(gather(runtime, value, SequenceKind::kList))
                                               : Value();
}

Value first(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "first", arguments, {})) return {};
  std::optional<Value> item = Cursor(runtime, value).next();
  if (item) return std::move(*item);
  return runtime.failed() ? Value() : runtime.undefined("No first item, sequence was empty.");
}

bool is_reversible(const Value& value) {
  const bool is_generator =
      value.is(Kind::kSequence) && value.sequence().sequence_kind == SequenceKind::kGenerator;
  return is_iterable(value) && !is_generator && !value.is(Kind::kLoop);
}

Value last(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "last", arguments, {})) return {};
  if (!is_reversible(value))
    return runtime.fail("'" + std::string(type_name(value)) + "' object is not reversible");
  if (length_of(value).value_or(0) == 0) return runtime.undefined("No last item, sequence was empty.");
  if (value.is_dict()) return value.dict().entries().back().key;
  if (value.is(Kind::kSequence)) return value.sequence().items.back();
  return get_item(runtime, value, Value(std::int64_t{-1}));
}

Value reverse(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "reverse", arguments, {})) return {};
  if (value.is_string()) {
    if (!runtime.charge_bytes(value.bytes().size() * 8)) return {};
    return runtime.string(reversed(value.string().text), value.string().is_markup);
  }
  Sequence* items =
      gather(runtime, value, is_reversible(value) ? SequenceKind::kGenerator : SequenceKind::kList);
  if (items == nullptr) return {};
  std::ranges::reverse(items->items);
  return items;
}

Value join(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "join", arguments, {"d", "attribute"});
  if (!bound) return {};
  const Text separator = bound.has(0) ? to_text(runtime, bound[0]) : Text();
  const bool by_attribute = bound.has(1) && !bound[1].is_none();
  Text joined;
  bool is_first = true;
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    if (!std::exchange(is_first, false)) joined.append(separator);
    joined.append(to_text(runtime, by_attribute ? follow_path(runtime, *item, bound[1]) : *item));
    if (!runtime.check_string_size(joined.size())) return {};
  }
  return runtime.failed() ? Value() : runtime.string(std::move(joined));
}

Value items(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "items", arguments, {})) return {};
  if (value.is_undefined()) return runtime.sequence(SequenceKind::kGenerator);
  if (!value.is_dict()) return runtime.fail("Can only get item pairs from a mapping.");
  const Value pairs = find_container_method(value, "items").function(runtime, value, {});
  return runtime.failed() ? Value() : value_or_failure(gather(runtime, pairs, SequenceKind::kGenerator));
}

Value batch(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "batch", arguments, {"linecount", "fill_with"}, 1);
  if (!bound) return {};
  const std::int64_t size = bound.integer(0, 1);
  Sequence* batches = runtime.sequence(SequenceKind::kGenerator);
  Sequence* batch = runtime.sequence(SequenceKind::kList);
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    if (std::cmp_equal(batch->items.size(), size)) {
      runtime.append(*batches, batch);
      batch = runtime.sequence(SequenceKind::kList);
    }
    if (!runtime.append(*batch, std::move(*item))) return {};
  }
  if (!batch->items.empty()) {
    const bool fills = bound.has(1) && !bound[1].is_none();
    if (fills && size > 0 && !runtime.check_steps_left(static_cast<std::uint64_t>(size))) return {};
    while (fills && std::cmp_less(batch->items.size(), size) && runtime.append(*batch, bound[1])) {}
    runtime.append(*batches, batch);
  }
  return runtime.failed() ? Value() : Value(batches);
}

Value slice(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "slice", arguments, {"slices", "fill_with"}, 1);
  const std::int64_t n_slices = bound ? bound.integer(0, 1) : 1;
  const Sequence* all = bound ? gather(runtime, value, SequenceKind::kList) : nullptr;
  if (all == nullptr) return {};
  if (n_slices == 0) return runtime.fail("integer division or modulo by zero");
  if (n_slices > 0 && !runtime.check_steps_left(static_cast<std::uint64_t>(n_slices))) return {};
  Sequence* slices = runtime.sequence(SequenceKind::kGenerator);
  const auto n = static_cast<std::int64_t>(all->items.size());
  std::size_t at = 0;
  for (std::int64_t i = 0; i < n_slices && runtime.step(); ++i) {
    Sequence* slice = runtime.sequence(SequenceKind::kList);
    const bool has_extra = i < n % n_slices;
    for (std::int64_t k = 0; k < n / n_slices + (has_extra ? 1 : 0); ++k)
      runtime.append(*slice, all->items[at++]);
    if (!has_extra && bound.has(1) && !bound[1].is_none()) runtime.append(*slice, bound[1]);
    if (!runtime.append(*slices, slice)) return {};
  }
  return runtime.failed() ? Value() : Value(slices);
}

constexpr std::array kFilters = {
    Filter{"length", length}, Filter{"count", length},    Filter{"list", list}, Filter{"first", first},
    Filter{"last", last},     Filter{"reverse", reverse}, Filter{"join", join}, Filter{"items", items},
    Filter{"batch", batch},   Filter{"slice", slice},
};

}  // namespace

NativeFunction find_sequence_filter(std::string_view name) { return find_in_table(kFilters, name); }

}  // namespace minerva::chat::jinja
