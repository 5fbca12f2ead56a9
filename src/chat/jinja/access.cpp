#include "chat/jinja/access.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "chat/jinja/numbers.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/text_ops.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

std::string owner_name(const Value& of) {
  return of.is_none() ? "None" : std::string(type_name(of)) + " object";
}

Value no_attribute(Runtime& runtime, const Value& of, std::string_view name) {
  return runtime.undefined("'" + owner_name(of) + "' has no attribute " + quote(name));
}

Value no_element(Runtime& runtime, const Value& of, const Value& key) {
  if (key.is_string()) return no_attribute(runtime, of, key.bytes());
  return runtime.undefined(owner_name(of) + " has no element " + std::string(repr(runtime, key).bytes()));
}

constexpr std::array<std::string_view, 5> kDictMutators = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::array<std::string_view, 8> kListMutators = {"append", "clear",  "extend",  "insert",
                                                           "pop",    "remove", "reverse", "sort"};

bool is_mutator(const Value& of, std::string_view name) {
  if (of.is_dict()) return std::ranges::contains(kDictMutators, name);
  return is_list(of) && std::ranges::contains(kListMutators, name);
}

// What Python's getattr finds, before the sandbox judges it; Missing when there is nothing.
Value python_attribute(Runtime& runtime, const Value& of, std::string_view name) {
  switch (of.kind()) {
    case Kind::kString: return string_method(runtime, of, name);
    case Kind::kSequence:
    case Kind::kDict:
    case Kind::kRange:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat: return container_method(runtime, of, name);
    case Kind::kNamespace: {
      const Value* field = of.as<NamespaceRef>().fields->find(name);
      return field == nullptr ? Value() : *field;
    }
    case Kind::kLoop:
    case Kind::kCycler:
    case Kind::kJoiner:
    case Kind::kCallable: return object_attribute(runtime, of, name);
    default: return {};
  }
}

Value unsafe(Runtime& runtime, const Value& of, std::string_view name) {
  return runtime.undefined("access to attribute " + quote(name) + " of '" + std::string(type_name(of)) +
                           "' object is unsafe.");
}

std::optional<std::size_t> index_within(std::int64_t index, std::size_t size) {
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || std::cmp_greater_equal(index, size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

// obj[key] where Python has it; Missing where it raises LookupError or TypeError.
Value python_item(Runtime& runtime, const Value& of, const Value& key) {
  if (of.is_dict()) {
    if (!runtime.check_steps_left(weight_of(key)) || !runtime.step(weight_of(key))) return {};
    const Value* found = of.dict().find(key);
    return found == nullptr ? Value() : *found;
  }
  if (!key.is_integral()) return {};
  switch (of.kind()) {
    case Kind::kString: {
      const String& text = of.string();
      const std::optional<std::size_t> index = index_within(key.integer(), text.n_chars);
      if (!index || (!text.is_ascii() && !runtime.charge_bytes(text.text.size()))) return {};
      const std::size_t begin = text.is_ascii() ? *index : unicode::offset_of(text.bytes(), *index);
      return runtime.string(text.text.slice(begin, begin + unicode::width_at(text.bytes(), begin)),
                            text.is_markup);
    }
    case Kind::kSequence: {
      if (!is_list(of) && !is_tuple(of)) return {};
      const auto& items = of.sequence().items;
      const std::optional<std::size_t> index = index_within(key.integer(), items.size());
      return index ? items[*index] : Value();
    }
    case Kind::kRange: {
      const Range& range = *of.as<Range*>();
      const std::optional<std::size_t> index = index_within(key.integer(), static_cast<std::size_t>(range.n));
      return index ? Value(range.at(static_cast<std::int64_t>(*index))) : Value();
    }
    default: return {};
  }
}

// The elements that a slice picks: `n` of them from `start`, `step` apart.
struct Picked {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::size_t n = 0;
};

std::optional<Picked> pick(Runtime& runtime, std::size_t size, const Value& start, const Value& stop,
                           const Value& step) {
  for (const Value* bound : {&start, &stop, &step}) {
    if (bound->is_missing() || bound->is_none() || bound->is_integral()) continue;
    if (bound->is_undefined()) {
      runtime.fail_undefined(*bound);
    } else {
      runtime.fail("slice indices must be integers or None");
    }
    return std::nullopt;
  }
  const auto n = static_cast<std::int64_t>(size);
  const std::int64_t by = step.is_integral() ? step.integer() : 1;
  if (by == 0 || by == std::numeric_limits<std::int64_t>::min()) {
    runtime.fail("slice step cannot be zero");
    return std::nullopt;
  }
  const std::int64_t lowest = by < 0 ? -1 : 0;
  const std::int64_t highest = by < 0 ? n - 1 : n;
  const auto bounded = [&](const Value& bound, std::int64_t otherwise) {
    if (!bound.is_integral()) return otherwise;
    const std::int64_t at = bound.integer();
    return at < 0 ? std::max(at < -n ? lowest : at + n, lowest) : std::min(at, highest);
  };
  const std::int64_t begin = bounded(start, by < 0 ? highest : lowest);
  const std::int64_t end = bounded(stop, by < 0 ? lowest : highest);
  const std::int64_t distance = by < 0 ? begin - end : end - begin;
  const std::int64_t stride = by < 0 ? -by : by;
  return Picked{.start = begin,
                .step = by,
                .n = distance <= 0 ? 0 : static_cast<std::size_t>((distance - 1) / stride + 1)};
}

Value slice_string(Runtime& runtime, const String& text, const Picked& picked) {
  if (!runtime.charge_bytes(text.text.size())) return {};
  const std::string& bytes = text.bytes();
  if (picked.n == 0) return runtime.string(Text{}, text.is_markup);
  const auto first = static_cast<std::size_t>(picked.start);
  if (picked.step == 1) {
    const std::size_t begin = text.is_ascii() ? first : unicode::offset_of(bytes, first);
    const std::size_t length =
        text.is_ascii() ? picked.n : unicode::offset_of(std::string_view(bytes).substr(begin), picked.n);
    return runtime.string(text.text.slice(begin, begin + length), text.is_markup);
  }
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < bytes.size(); at += unicode::width_at(bytes, at)) offsets.push_back(at);
  Text result;
  for (std::size_t i = 0; i < picked.n && runtime.step(); ++i) {
    const std::size_t at =
        offsets[static_cast<std::size_t>(picked.start + static_cast<std::int64_t>(i) * picked.step)];
    result.append(text.text, at, at + unicode::width_at(bytes, at));
  }
  return runtime.string(std::move(result), text.is_markup);
}

}  // namespace

Value get_attribute(Runtime& runtime, const Value& of, std::string_view name) {
  if (runtime.failed()) return {};
  if (of.is_undefined()) return runtime.fail_undefined(of);
  if (is_mutator(of, name) || name.starts_with("__")) return unsafe(runtime, of, name);
  if (Value found = python_attribute(runtime, of, name); !found.is_missing()) {
    return name.starts_with("_") ? unsafe(runtime, of, name) : found;
  }
  if (of.is_dict()) {
    if (const Value* found = of.dict().find(name)) return *found;
  }
  return no_attribute(runtime, of, name);
}

Value get_item(Runtime& runtime, const Value& of, const Value& key) {
  if (runtime.failed()) return {};
  if (of.is_undefined()) return runtime.fail_undefined(of);
  if (Value found = python_item(runtime, of, key); !found.is_missing() || runtime.failed()) return found;
  if (key.is_string()) {
    const std::string& name = key.bytes();
    if (is_mutator(of, name) || name.starts_with("__")) return unsafe(runtime, of, name);
    if (Value found = python_attribute(runtime, of, name); !found.is_missing()) {
      return name.starts_with("_") ? unsafe(runtime, of, name) : found;
    }
  }
  return no_element(runtime, of, key);
}

Value get_slice(Runtime& runtime, const Value& of, const Value& start, const Value& stop, const Value& step) {
  if (runtime.failed()) return {};
  if (of.is_undefined()) return runtime.fail_undefined(of);
  const bool is_sliceable = of.is_string() || is_list(of) || is_tuple(of) || of.is(Kind::kRange);
  if (!is_sliceable) return runtime.fail("'" + std::string(type_name(of)) + "' object is not subscriptable");
  const std::size_t size = of.is_string()           ? of.string().n_chars
                           : of.is(Kind::kSequence) ? of.sequence().items.size()
                                                    : static_cast<std::size_t>(of.as<Range*>()->n);
  const std::optional<Picked> picked = pick(runtime, size, start, stop, step);
  if (!picked) return {};
  if (of.is_string()) return slice_string(runtime, of.string(), *picked);
  if (of.is(Kind::kRange)) {
    const Range& range = *of.as<Range*>();
    const auto n = static_cast<std::int64_t>(picked->n);
    const std::int64_t by = range.step * picked->step;
    const std::int64_t first = range.at(picked->start);
    return runtime.make<Range>(first, first + n * by, by, n);
  }
  Sequence* result = runtime.sequence(of.sequence().sequence_kind, picked->n);
  for (std::size_t i = 0; i < picked->n; ++i) {
    const std::int64_t at = picked->start + static_cast<std::int64_t>(i) * picked->step;
    if (!runtime.append(*result, of.sequence().items[static_cast<std::size_t>(at)])) return {};
  }
  return result;
}

Value follow_path(Runtime& runtime, Value from, const Value& path, const Value* otherwise) {
  const auto follow = [&](const Value& key) {
    from = get_item(runtime, from, key);
    if (otherwise != nullptr && from.is_undefined()) from = *otherwise;
  };
  if (path.is_none() || path.is_missing()) return from;
  if (!path.is_string()) {
    follow(path);
    return from;
  }
  for (const Text& part : split(path.string().text, ".", -1)) {
    const bool is_index =
        !part.empty() && std::ranges::all_of(part.bytes(), [](char c) { return c >= '0' && c <= '9'; });
    const std::optional<std::int64_t> index = is_index ? parse_int(part.bytes(), 10) : std::nullopt;
    follow(index ? Value(*index) : runtime.string(part));
  }
  return from;
}

}  // namespace minerva::chat::jinja
