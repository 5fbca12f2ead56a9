// Filters that make text of text.

#include <algorithm>
#include <array>
#include <utility>

#include "chat/jinja/filters.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/markup.h"
#include "chat/jinja/methods_string_queries.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/str_format.h"
#include "chat/jinja/text_ops.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

// The filter `name` is the method of this name on str(value).
template <const char* kName>
Value by_method(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Value text = to_string(runtime, value);
  return runtime.failed() ? Value() : find_string_method(kName).function(runtime, text, arguments);
}
constexpr char kUpperName[] = "upper";
constexpr char kLowerName[] = "lower";
constexpr char kCapitalizeName[] = "capitalize";

Value string(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return Bound(runtime, "string", arguments, {}) ? to_string(runtime, value) : Value();
}

Value trim(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "trim", arguments, {"chars"});
  const Value text = to_string(runtime, value);
  if (!bound || runtime.failed()) return {};
  const bool has_characters = bound.has(0) && !bound[0].is_none();
  if (has_characters && !bound[0].is_string()) return runtime.fail("strip arg must be None or str");
  const std::string* characters = has_characters ? &bound[0].bytes() : nullptr;
  return runtime.string(strip(text.string().text, characters, true, true), text.string().is_markup);
}

// Words begin after white space and - ( { [ <.
Value title(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "title", arguments, {})) return {};
  const Text text = to_text(runtime, value);
  if (!runtime.charge_bytes(text.size() * 8)) return {};
  Text result;
  bool is_start = true;
  std::string changed;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = unicode::next(text.bytes(), at);
    const bool is_gap =
        unicode::is_space(c) || (c < 0x80 && std::string_view("-({[<").contains(static_cast<char>(c)));
    changed.clear();
    if (is_start && !is_gap) {
      unicode::append_upper(changed, c);
    } else {
      unicode::append_lower(changed, c);
    }
    is_start = is_gap;
    result.append(changed, text.origin_at(begin));
  }
  return runtime.string(std::move(result));
}

Value replace(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "replace", arguments, {"old", "new", "count"}, 2);
  if (!bound) return {};
  const Value text = runtime.string(to_text(runtime, value));
  const Text part = to_text(runtime, bound[0]);
  const Text by = to_text(runtime, bound[1]);
  const std::int64_t count = bound.has(2) && bound[2].is_none() ? -1 : bound.integer(2, -1);
  return runtime.failed() ? Value() : replace_text(runtime, text, part.bytes(), by, count);
}

Value center(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "center", arguments, {"width"});
  const Value text = to_string(runtime, value);
  const std::int64_t width = bound ? bound.integer(0, 80) : 80;
  return runtime.failed()
             ? Value()
             : runtime.string(justified(runtime, text.string(), width, '^', " "), text.string().is_markup);
}

Value format(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty()) {
    return runtime.fail("can't handle positional and keyword arguments at the same time");
  }
  const Value text = to_string(runtime, value);
  if (runtime.failed()) return {};
  if (!arguments.named.empty()) {
    Dict* dict = runtime.dict();
    for (const auto& [name, argument] : arguments.named)
      runtime.set(*dict, runtime.string(std::string(name)), argument);
    return percent_format(runtime, text, dict);
  }
  Sequence* tuple = runtime.sequence(SequenceKind::kTuple, arguments.positional.size());
  for (const Value& argument : arguments.positional) runtime.append(*tuple, argument);
  return percent_format(runtime, text, tuple);
}

Value indent(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "indent", arguments, {"width", "first", "blank"});
  if (!bound) return {};
  if (!value.is_string())
    return binary(runtime, BinaryOp::kAdd, value, runtime.string("\n"));  // fails as Python's does
  Text indentation;
  if (bound.has(0) && bound[0].is_string()) {
    indentation = bound[0].string().text;
  } else {
    const auto width = static_cast<std::size_t>(std::max<std::int64_t>(bound.integer(0, 4), 0));
    if (!runtime.check_string_size(width)) return {};
    indentation = Text(std::string(width, ' '), Origin::kTemplate);
  }
  Text source = value.string().text;
  source.append("\n", source.weakest_origin());
  const std::vector<Text> lines = split_lines(source, false);
  const bool blank = bound.truth(2, false);
  Text result;
  if (bound.truth(1, false)) result.append(indentation);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      result.append("\n", value.string().text.weakest_origin());
      if (blank || !lines[i].empty()) result.append(indentation);
    }
    result.append(lines[i]);
    if (!runtime.step() || !runtime.check_string_size(result.size())) return {};
  }
  return runtime.string(std::move(result), value.string().is_markup);
}

Value truncate(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "truncate", arguments, {"length", "killwords", "end", "leeway"});
  if (!bound) return {};
  const std::int64_t length = bound.integer(0, 255);
  const Value end = bound.has(2) ? bound[2] : runtime.string("...");
  const std::int64_t leeway = bound.has(3) && !bound[3].is_none() ? bound.integer(3, 5) : 5;
  if (runtime.failed()) return {};
  if (!end.is_string() || length < static_cast<std::int64_t>(end.string().n_chars) || leeway < 0) {
    return runtime.fail("truncate: the length must hold the end, and the leeway must not be negative");
  }
  const std::optional<std::size_t> n = length_of(value);
  if (n && std::cmp_less_equal(*n, length + leeway)) return value;  // of whatever type
  if (!value.is_string())
    return runtime.fail("truncate expects a string, not '" + std::string(type_name(value)) + "'");
  const String& text = value.string();
  const auto n_kept = static_cast<std::size_t>(length) - end.string().n_chars;
  Text result = text.text.slice(0, unicode::offset_of(text.bytes(), n_kept));
  if (!bound.truth(1, false)) result = split_right(result, " ", 1).front();
  result.append(end.string().text);
  return runtime.string(std::move(result), text.is_markup);
}

Value word_count(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "wordcount", arguments, {})) return {};
  const Text text = to_text(runtime, value);
  std::int64_t n = 0;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = unicode::next(text.bytes(), at);
    const bool is_word = c == '_' || unicode::is_alpha(c) || unicode::is_numeric(c);
    n += is_word && !in_word ? 1 : 0;
    in_word = is_word;
  }
  return runtime.charge_bytes(text.size() * 8) ? Value(n) : Value();
}

Value safe(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return Bound(runtime, "safe", arguments, {}) ? runtime.string(to_text(runtime, value), true) : Value();
}

Value escape(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return Bound(runtime, "escape", arguments, {}) ? escape_markup(runtime, value) : Value();
}

Value force_escape(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "forceescape", arguments, {})) return {};
  const Value plain = runtime.string(to_text(runtime, value));
  return runtime.failed() ? Value() : escape_markup(runtime, plain);
}

Value striptags(Runtime& runtime, const Value& value, const Arguments& arguments) {
  return Bound(runtime, "striptags", arguments, {}) ? strip_tags(runtime, value) : Value();
}

Value urlencode(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "urlencode", arguments, {})) return {};
  if (value.is_string() || !is_iterable(value))
    return runtime.string(url_quote(to_text(runtime, value), false));
  const Value pairs =
      value.is_dict() ? find_container_method(value, "items").function(runtime, value, {}) : value;
  Text result;
  Cursor cursor(runtime, pairs);
  while (std::optional<Value> pair = cursor.next()) {
    Cursor parts(runtime, *pair);
    const std::optional<Value> key = parts.next();
    const std::optional<Value> content = parts.next();
    if (!content || parts.next()) return runtime.fail("urlencode expects pairs");
    if (!result.empty()) result.append("&", Origin::kTemplate);
    result.append(url_quote(to_text(runtime, *key), true));
    result.append("=", Origin::kTemplate);
    result.append(url_quote(to_text(runtime, *content), true));
    if (!runtime.check_string_size(result.size())) return {};
  }
  return runtime.string(std::move(result));
}

constexpr std::array kFilters = {
    Filter{"trim", trim},
    Filter{"string", string},
    Filter{"upper", by_method<kUpperName>},
    Filter{"lower", by_method<kLowerName>},
    Filter{"capitalize", by_method<kCapitalizeName>},
    Filter{"title", title},
    Filter{"replace", replace},
    Filter{"indent", indent},
    Filter{"safe", safe},
    Filter{"escape", escape},
    Filter{"e", escape},
    Filter{"forceescape", force_escape},
    Filter{"format", format},
    Filter{"center", center},
    Filter{"truncate", truncate},
    Filter{"wordcount", word_count},
    Filter{"striptags", striptags},
    Filter{"urlencode", urlencode},
};

}  // namespace

NativeFunction find_text_filter(std::string_view name) { return find_in_table(kFilters, name); }

}  // namespace minerva::chat::jinja
