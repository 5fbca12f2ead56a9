// str's methods that make other strings, or lists of them. Those that ask something are in methods_string_queries.cpp.

#include <algorithm>
#include <array>
#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/format_spec.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/methods.h"
#include "chat/jinja/methods_string_queries.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/str_format.h"
#include "chat/jinja/text_ops.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

Value like(Runtime& runtime, const Value& self, Text text) {
  return runtime.string(std::move(text), self.string().is_markup);
}

// The string argument `i`, or null; fails when it is something else. None counts as absent where `none_is_absent`.
const String* string_argument(Runtime& runtime, std::string_view method, const Bound& bound, std::size_t i,
                              bool none_is_absent) {
  if (!bound.has(i) || (none_is_absent && bound[i].is_none())) return nullptr;
  if (bound[i].is_string()) return &bound[i].string();
  if (bound[i].is_undefined()) {
    runtime.fail_undefined(bound[i]);
  } else {
    runtime.fail(std::string(method) + " expects a string, not '" + std::string(type_name(bound[i])) + "'");
  }
  return nullptr;
}

Value list_of(Runtime& runtime, const Value& self, const std::vector<Text>& parts,
              SequenceKind kind = SequenceKind::kList) {
  Sequence* list = runtime.sequence(kind, parts.size());
  for (const Text& part : parts) {
    if (!runtime.append(*list, like(runtime, self, part))) return {};
  }
  return list;
}

template <bool kLeft, bool kRight>
Value strip_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "strip", arguments, {"/chars"});
  const String* characters = bound ? string_argument(runtime, "strip", bound, 0, true) : nullptr;
  if (runtime.failed() || !runtime.charge_bytes(self.bytes().size())) return {};
  return like(
      runtime, self,
      strip(self.string().text, characters == nullptr ? nullptr : &characters->bytes(), kLeft, kRight));
}

template <bool kFromRight>
Value split_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "split", arguments, {"sep", "maxsplit"});
  const String* separator = bound ? string_argument(runtime, "split", bound, 0, true) : nullptr;
  const std::int64_t max_splits = bound ? bound.integer(1, -1) : -1;
  if (runtime.failed() || !runtime.charge_bytes(self.bytes().size())) return {};
  const Text& text = self.string().text;
  if (separator == nullptr) {
    return list_of(
        runtime, self,
        kFromRight ? split_whitespace_right(text, max_splits) : split_whitespace(text, max_splits));
  }
  if (separator->text.empty()) return runtime.fail("empty separator");
  return list_of(runtime, self,
                 kFromRight ? split_right(text, separator->bytes(), max_splits)
                            : split(text, separator->bytes(), max_splits));
}

Value splitlines(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "splitlines", arguments, {"keepends"});
  if (!bound || !runtime.charge_bytes(self.bytes().size())) return {};
  return list_of(runtime, self, split_lines(self.string().text, bound.truth(0, false)));
}

template <bool kFromRight>
Value partition(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "partition", arguments, {"/sep"}, 1);
  const String* separator = bound ? string_argument(runtime, "partition", bound, 0, false) : nullptr;
  if (separator == nullptr) return {};
  if (separator->text.empty()) return runtime.fail("empty separator");
  const Text& text = self.string().text;
  const std::size_t at =
      kFromRight ? text.bytes().rfind(separator->bytes()) : text.bytes().find(separator->bytes());
  std::vector<Text> parts;
  if (at == std::string::npos) {
    parts = kFromRight ? std::vector<Text>{Text(), Text(), text} : std::vector<Text>{text, Text(), Text()};
  } else {
    parts = {text.slice(0, at), separator->text, text.slice(at + separator->text.size(), text.size())};
  }
  return list_of(runtime, self, parts, SequenceKind::kTuple);
}

template <Case kCase>
Value case_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "str method", arguments, {}) || !runtime.charge_bytes(self.bytes().size() * 8))
    return {};
  return like(runtime, self, change_case(self.string().text, kCase));
}

Value replace_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "replace", arguments, {"/old", "/new", "count"}, 2);
  const String* part = bound ? string_argument(runtime, "replace", bound, 0, false) : nullptr;
  const String* by = part != nullptr ? string_argument(runtime, "replace", bound, 1, false) : nullptr;
  if (by == nullptr) return {};
  const std::int64_t max_count = bound.integer(2, -1);
  return runtime.failed() ? Value() : replace_text(runtime, self, part->bytes(), by->text, max_count);
}

Value join_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "join", arguments, {"/iterable"}, 1);
  if (!bound) return {};
  Text joined;
  std::size_t n = 0;
  Cursor cursor(runtime, bound[0]);
  while (std::optional<Value> item = cursor.next()) {
    if (!item->is_string()) {
      return runtime.fail("sequence item " + std::to_string(n) + ": expected str instance, " +
                          std::string(type_name(*item)) + " found");
    }
    if (n++ > 0) joined.append(self.string().text);
    joined.append(item->string().text);
    if (!runtime.check_string_size(joined.size())) return {};
  }
  return runtime.failed() ? Value() : like(runtime, self, std::move(joined));
}

template <char kAlign>
Value justify(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "str method", arguments, {"/width", "/fillchar"}, 1);
  const String* fill = bound ? string_argument(runtime, "str method", bound, 1, false) : nullptr;
  if (fill != nullptr && fill->n_chars != 1)
    return runtime.fail("The fill character must be exactly one character long");
  const std::int64_t width = bound ? bound.integer(0, 0) : 0;
  if (runtime.failed()) return {};
  return like(runtime, self,
              justified(runtime, self.string(), width, kAlign, fill == nullptr ? " " : fill->bytes()));
}

Value zfill(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "zfill", arguments, {"/width"}, 1);
  FormatSpec spec;
  spec.width = bound ? bound.integer(0, 0) : 0;
  spec.fill = "0";
  const std::string& bytes = self.bytes();
  const bool has_sign = !bytes.empty() && (bytes[0] == '+' || bytes[0] == '-');
  spec.align = has_sign ? '=' : '>';
  if (runtime.failed()) return {};
  return like(runtime, self, pad(runtime, self.string().text, spec, true));
}

template <bool kPrefix>
Value remove_affix(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, kPrefix ? "removeprefix" : "removesuffix", arguments, {"/affix"}, 1);
  const String* affix = bound ? string_argument(runtime, "removeprefix", bound, 0, false) : nullptr;
  if (affix == nullptr) return {};
  const std::string& bytes = self.bytes();
  const bool fits = kPrefix ? bytes.starts_with(affix->bytes()) : bytes.ends_with(affix->bytes());
  if (!fits || affix->text.empty()) return self;
  const std::size_t n = affix->text.size();
  return like(
      runtime, self,
      kPrefix ? self.string().text.slice(n, bytes.size()) : self.string().text.slice(0, bytes.size() - n));
}

Value expandtabs(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "expandtabs", arguments, {"tabsize"});
  const std::int64_t size = bound ? bound.integer(0, 8) : 8;
  Text result;
  std::int64_t column = 0;
  const std::string& bytes = self.bytes();
  for (std::size_t at = 0; at < bytes.size() && runtime.check_string_size(result.size());) {
    const std::size_t end = at + unicode::width_at(bytes, at);
    if (bytes[at] == '\t') {
      const std::int64_t n = size > 0 ? size - column % size : 0;
      if (!runtime.check_string_size(static_cast<std::size_t>(n))) return {};
      result.append(std::string(static_cast<std::size_t>(n), ' '), self.string().text.origin_at(at));
      column += n;
    } else {
      result.append(self.string().text, at, end);
      column = bytes[at] == '\n' || bytes[at] == '\r' ? 0 : column + 1;
    }
    at = end;
  }
  return runtime.failed() ? Value() : like(runtime, self, std::move(result));
}

Value format_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return brace_format(runtime, self, arguments);
}

Value format_map(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "format_map", arguments, {"/mapping"}, 1);
  if (!bound) return {};
  if (!bound[0].is_dict()) return runtime.fail("format_map expects a mapping");
  Arguments named;
  for (const Dict::Entry& entry : bound[0].dict().entries()) {
    if (entry.key.is_string()) named.named.emplace_back(entry.key.bytes(), entry.value);
  }
  return brace_format(runtime, self, named);
}

constexpr std::array kMethods = {
    Method{"capitalize", case_method<Case::kCapitalize>},
    Method{"casefold", case_method<Case::kLower>},
    Method{"center", justify<'^'>},
    Method{"expandtabs", expandtabs},
    Method{"format", format_method},
    Method{"format_map", format_map},
    Method{"join", join_method},
    Method{"ljust", justify<'<'>},
    Method{"lower", case_method<Case::kLower>},
    Method{"lstrip", strip_method<true, false>},
    Method{"partition", partition<false>},
    Method{"removeprefix", remove_affix<true>},
    Method{"removesuffix", remove_affix<false>},
    Method{"replace", replace_method},
    Method{"rjust", justify<'>'>},
    Method{"rpartition", partition<true>},
    Method{"rsplit", split_method<true>},
    Method{"rstrip", strip_method<false, true>},
    Method{"split", split_method<false>},
    Method{"splitlines", splitlines},
    Method{"strip", strip_method<true, true>},
    Method{"swapcase", case_method<Case::kSwap>},
    Method{"title", case_method<Case::kTitle>},
    Method{"upper", case_method<Case::kUpper>},
    Method{"zfill", zfill},
};
static_assert(std::ranges::is_sorted(kMethods, {}, &Method::name));

}  // namespace

Value replace_text(Runtime& runtime, const Value& self, std::string_view part, const Text& by,
                   std::int64_t max_count) {
  const Text& text = self.string().text;
  if (!runtime.charge_bytes(text.size())) return {};
  std::size_t n = count_occurrences(text.bytes(), part);
  if (max_count >= 0) n = std::min(n, static_cast<std::size_t>(max_count));
  if (n > 0 && by.size() > 0 && n > runtime.limits().max_output_bytes / by.size()) {
    runtime.check_string_size(runtime.limits().max_output_bytes + 1);
    return {};
  }
  if (!runtime.step(n)) return {};
  return runtime.string(replace(text, part, by, max_count), self.string().is_markup);
}

Text justified(Runtime& runtime, const String& text, std::int64_t width, char align,
               const std::string& fill) {
  FormatSpec spec;
  spec.width = width;
  spec.fill = fill;
  spec.align = align;
  if (align == '^' && width > 0 && std::cmp_greater(width, text.n_chars)) {
    // str.center puts an odd space left of the text when the width is odd; format puts it right.
    const std::int64_t margin = width - static_cast<std::int64_t>(text.n_chars);
    const std::int64_t left = margin / 2 + (margin & width & 1);
    spec.align = '>';
    spec.width = static_cast<std::int64_t>(text.n_chars) + left;
    const Text half = pad(runtime, text.text, spec, false);
    spec.align = '<';
    spec.width = width;
    return pad(runtime, half, spec, false);
  }
  return pad(runtime, text.text, spec, false);
}

Method find_string_method(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kMethods, name, {}, &Method::name);
  return found != kMethods.end() && found->name == name ? *found : find_string_query(name);
}

Value bind(Runtime& runtime, const Method& method, const Value& self) {
  if (method.function == nullptr) return {};
  auto* callable = runtime.make<Callable>();
  callable->name = method.name;
  callable->function = method.function;
  callable->self = self;
  return callable;
}

Value string_method(Runtime& runtime, const Value& of, std::string_view name) {
  return bind(runtime, find_string_method(name), of);
}

}  // namespace minerva::chat::jinja
