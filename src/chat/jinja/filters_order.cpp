// Filters that compare elements: sort, dictsort, min, max, unique, groupby; and sum.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/filters.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/text_ops.h"

namespace minerva::chat::jinja {
namespace {

struct Keyed {
  Value key;
  Value item;
};

Value without_case(Runtime& runtime, const Value& key, bool case_sensitive) {
  if (case_sensitive || !key.is_string() || !runtime.charge_bytes(key.bytes().size() * 8)) return key;
  return runtime.string(change_case(key.string().text, Case::kLower));
}

std::vector<Keyed> keyed_items(Runtime& runtime, const Value& value, const Value& path, bool case_sensitive,
                               const Value* otherwise) {
  std::vector<Keyed> items;
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    Value key = without_case(runtime, follow_path(runtime, *item, path, otherwise), case_sensitive);
    items.push_back({.key = std::move(key), .item = std::move(*item)});
  }
  return items;
}

void sort_by_key(Runtime& runtime, std::vector<Keyed>& items, bool reverse) {
  std::ranges::stable_sort(items, [&](const Keyed& a, const Keyed& b) {
    if (!runtime.step()) return false;
    return (reverse ? less(runtime, b.key, a.key) : less(runtime, a.key, b.key)).value_or(false);
  });
}

Value list_of(Runtime& runtime, const std::vector<Keyed>& items, SequenceKind kind = SequenceKind::kList) {
  Sequence* list = runtime.sequence(kind, items.size());
  for (const Keyed& keyed : items) {
    if (!runtime.append(*list, keyed.item)) return {};
  }
  return runtime.failed() ? Value() : Value(list);
}

// "a.b,c" sorts by a.b first, then by c: the keys become lists.
Value sort(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "sort", arguments, {"reverse", "case_sensitive", "attribute"});
  if (!bound) return {};
  std::vector<Value> paths;
  if (bound.has(2) && bound[2].is_string()) {
    for (const Text& path : split(bound[2].string().text, ",", -1)) paths.push_back(runtime.string(path));
  } else {
    paths.push_back(bound[2]);
  }
  std::vector<Keyed> items;
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    Sequence* key = runtime.sequence(SequenceKind::kList, paths.size());
    for (const Value& path : paths) {
      if (!runtime.append(*key,
                          without_case(runtime, follow_path(runtime, *item, path), bound.truth(1, false))))
        return {};
    }
    items.push_back({.key = key, .item = std::move(*item)});
  }
  sort_by_key(runtime, items, bound.truth(0, false));
  return list_of(runtime, items);
}

Value dictsort(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "dictsort", arguments, {"case_sensitive", "by", "reverse"});
  if (!bound) return {};
  const std::string by = bound.has(1) ? to_text(runtime, bound[1]).bytes() : "key";
  if (by != "key" && by != "value") return runtime.fail("You can only sort by either \"key\" or \"value\"");
  if (value.is_undefined()) return runtime.fail_undefined(value);
  if (!value.is_dict()) return runtime.fail("dictsort expects a mapping");
  std::vector<Keyed> items;
  for (const Dict::Entry& entry : value.dict().entries()) {
    Sequence* pair = runtime.sequence(SequenceKind::kTuple, 2);
    if (!runtime.append(*pair, entry.key) || !runtime.append(*pair, entry.value)) return {};
    items.push_back(
        {.key = without_case(runtime, by == "key" ? entry.key : entry.value, bound.truth(0, false)),
         .item = pair});
  }
  sort_by_key(runtime, items, bound.truth(2, false));
  return list_of(runtime, items);
}

template <bool kGreatest>
Value extreme(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, kGreatest ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  if (!bound) return {};
  const std::vector<Keyed> items = keyed_items(runtime, value, bound[1], bound.truth(0, false), nullptr);
  if (runtime.failed()) return {};
  if (items.empty()) return runtime.undefined("No aggregated item, sequence was empty.");
  const Keyed* best = items.data();
  for (const Keyed& keyed : items) {
    if (&keyed == items.data()) continue;
    if ((kGreatest ? less(runtime, best->key, keyed.key) : less(runtime, keyed.key, best->key))
            .value_or(false))
      best = &keyed;
  }
  return runtime.failed() ? Value() : best->item;
}

Value unique(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "unique", arguments, {"case_sensitive", "attribute"});
  if (!bound) return {};
  Dict* seen = runtime.dict();
  Sequence* result = runtime.sequence(SequenceKind::kGenerator);
  for (const Keyed& keyed : keyed_items(runtime, value, bound[1], bound.truth(0, false), nullptr)) {
    if (!runtime.check_hashable(keyed.key)) return {};
    if (seen->find(keyed.key) != nullptr) continue;
    if (!runtime.set(*seen, keyed.key, None{}) || !runtime.append(*result, keyed.item)) return {};
  }
  return runtime.failed() ? Value() : Value(result);
}

Value groupby(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  if (!bound) return {};
  const Value* otherwise = bound.has(1) && !bound[1].is_none() ? &bound[1] : nullptr;
  std::vector<Keyed> items = keyed_items(runtime, value, bound[0], bound.truth(2, false), otherwise);
  sort_by_key(runtime, items, false);
  Sequence* groups = runtime.sequence(SequenceKind::kList);
  for (std::size_t i = 0; i < items.size() && !runtime.failed();) {
    const Keyed& first = items[i];
    Sequence* members = runtime.sequence(SequenceKind::kList);
    while (i < items.size() && (&items[i] == &first || equals(runtime, first.key, items[i].key))) {
      if (!runtime.append(*members, items[i++].item)) return {};
    }
    Sequence* group = runtime.sequence(SequenceKind::kTuple, 2);
    group->is_group = true;
    runtime.append(*group, follow_path(runtime, first.item, bound[0], otherwise));
    runtime.append(*group, members);
    if (!runtime.append(*groups, group)) return {};
  }
  return runtime.failed() ? Value() : Value(groups);
}

// Python's sum keeps the rounding error of floats aside and adds it at the end (Neumaier).
Value sum(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "sum", arguments, {"attribute", "start"});
  if (!bound) return {};
  Value total = bound.has(1) ? bound[1] : Value(std::int64_t{0});
  if (total.is_string()) return runtime.fail("sum() can't sum strings [use ''.join(seq) instead]");
  double compensation = 0;
  Cursor cursor(runtime, value);
  while (std::optional<Value> item = cursor.next()) {
    const Value term = follow_path(runtime, std::move(*item), bound[0]);
    if (runtime.failed()) return {};
    if (total.is(Kind::kFloat) && term.is_number()) {
      const double before = total.number();
      const double addend = term.number();
      const double after = before + addend;
      if (term.is(Kind::kFloat)) {
        compensation +=
            std::abs(before) >= std::abs(addend) ? (before - after) + addend : (addend - after) + before;
      }
      total = after;
    } else {
      total = binary(runtime, BinaryOp::kAdd, total, term);
    }
  }
  if (runtime.failed()) return {};
  return total.is(Kind::kFloat) && std::isfinite(compensation) ? Value(total.number() + compensation) : total;
}

constexpr std::array kFilters = {
    Filter{"sort", sort},         Filter{"dictsort", dictsort}, Filter{"min", extreme<false>},
    Filter{"max", extreme<true>}, Filter{"unique", unique},     Filter{"groupby", groupby},
    Filter{"sum", sum},
};

}  // namespace

NativeFunction find_order_filter(std::string_view name) { return find_in_table(kFilters, name); }

}  // namespace minerva::chat::jinja
