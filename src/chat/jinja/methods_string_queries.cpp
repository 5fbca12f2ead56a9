#include "chat/jinja/methods_string_queries.h"

#include <algorithm>
#include <array>

#include "chat/jinja/python_repr.h"
#include "chat/jinja/text_ops.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

using Property = bool (*)(char32_t);

bool is_alnum(char32_t c) { return unicode::is_alpha(c) || unicode::is_numeric(c); }
bool is_ascii(char32_t c) { return c < 0x80; }

// True when there are characters and all have the property.
bool all_have(std::string_view text, Property property, bool when_empty) {
  for (std::size_t at = 0; at < text.size();) {
    if (!property(unicode::next(text, at))) return false;
  }
  return !text.empty() || when_empty;
}

bool is_title_cased(std::string_view text) {
  bool any = false;
  bool after_cased = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = unicode::next(text, at);
    const bool starts = unicode::is_upper(c) || unicode::is_title(c);
    const bool goes_on = unicode::is_lower(c);
    if ((starts && after_cased) || (goes_on && !after_cased)) return false;
    after_cased = starts || goes_on;
    any = any || after_cased;
  }
  return any;
}

template <Property kProperty, bool kWhenEmpty = false>
Value property_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "str method", arguments, {}) || !runtime.charge_bytes(self.bytes().size())) return {};
  return all_have(self.bytes(), kProperty, kWhenEmpty);
}

template <bool (*kTest)(std::string_view)>
Value case_query(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!Bound(runtime, "str method", arguments, {}) || !runtime.charge_bytes(self.bytes().size())) return {};
  return kTest(self.bytes());
}

bool is_identifier(std::string_view text) {
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = unicode::next(text, at);
    if (c != '_' && !unicode::is_alpha(c) && (first || !unicode::is_decimal(c))) return false;
    first = false;
  }
  return !text.empty();
}

// The byte range that str methods' `start` and `end` pick out; nothing when start lies behind the end of the text.
struct Window {
  std::size_t begin;
  std::size_t end;
};

std::optional<Window> window(Runtime& runtime, const String& text, const Bound& bound,
                             std::size_t first_parameter) {
  const auto n = static_cast<std::int64_t>(text.n_chars);
  const auto position = [&](std::size_t i, std::int64_t otherwise) {
    if (!bound.has(i) || bound[i].is_none()) return otherwise;
    const std::int64_t at = bound.integer(i, otherwise);
    return at < 0 ? std::max<std::int64_t>(at + n, 0) : at;
  };
  const std::int64_t begin = position(first_parameter, 0);
  const std::int64_t end = std::min(position(first_parameter + 1, n), n);
  if (runtime.failed() || begin > end) return std::nullopt;
  return Window{.begin = unicode::offset_of(text.bytes(), static_cast<std::size_t>(begin)),
                .end = unicode::offset_of(text.bytes(), static_cast<std::size_t>(end))};
}

const String* needle(Runtime& runtime, const Bound& bound) {
  if (!bound) return nullptr;
  if (bound[0].is_string()) return &bound[0].string();
  if (bound[0].is_undefined()) {
    runtime.fail_undefined(bound[0]);
  } else {
    runtime.fail("must be str, not " + std::string(type_name(bound[0])));
  }
  return nullptr;
}

template <bool kFromRight, bool kMustFind>
Value find_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "find", arguments, {"/sub", "/start", "/end"}, 1);
  const String* part = needle(runtime, bound);
  if (part == nullptr || !runtime.charge_bytes(self.bytes().size())) return {};
  const std::optional<Window> range = window(runtime, self.string(), bound, 1);
  if (runtime.failed()) return {};
  std::size_t at = std::string::npos;
  if (range) {
    const std::string_view within = std::string_view(self.bytes()).substr(0, range->end);
    at = kFromRight ? within.rfind(part->bytes()) : within.find(part->bytes(), range->begin);
    if (at != std::string::npos && at < range->begin) at = std::string::npos;
  }
  if (at == std::string::npos)
    return kMustFind ? runtime.fail("substring not found") : Value(std::int64_t{-1});
  return static_cast<std::int64_t>(unicode::count(std::string_view(self.bytes()).substr(0, at)));
}

Value count_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, "count", arguments, {"/sub", "/start", "/end"}, 1);
  const String* part = needle(runtime, bound);
  if (part == nullptr || !runtime.charge_bytes(self.bytes().size())) return {};
  const std::optional<Window> range = window(runtime, self.string(), bound, 1);
  if (!range) return runtime.failed() ? Value() : Value(std::int64_t{0});
  const std::string_view within =
      std::string_view(self.bytes()).substr(range->begin, range->end - range->begin);
  return static_cast<std::int64_t>(count_occurrences(within, part->bytes()));
}

template <bool kStart>
Value affix_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound(runtime, kStart ? "startswith" : "endswith", arguments, {"/affix", "/start", "/end"}, 1);
  if (!bound) return {};
  const std::optional<Window> range = window(runtime, self.string(), bound, 1);
  if (runtime.failed()) return {};
  const std::string_view within =
      range ? std::string_view(self.bytes()).substr(range->begin, range->end - range->begin)
            : std::string_view();
  const auto fits = [&](const Value& affix) {
    if (!range) return false;
    return kStart ? within.starts_with(affix.bytes()) : within.ends_with(affix.bytes());
  };
  if (bound[0].is_string()) return fits(bound[0]);
  if (!is_tuple(bound[0])) {
    if (bound[0].is_undefined()) return runtime.fail_undefined(bound[0]);
    return runtime.fail("first arg must be str or a tuple of str, not " + std::string(type_name(bound[0])));
  }
  for (const Value& affix : bound[0].sequence().items) {
    if (!affix.is_string())
      return runtime.fail("tuple must only contain str, not " + std::string(type_name(affix)));
    if (fits(affix)) return true;
  }
  return false;
}

constexpr std::array kQueries = {
    Method{"count", count_method},
    Method{"endswith", affix_method<false>},
    Method{"find", find_method<false, false>},
    Method{"index", find_method<false, true>},
    Method{"isalnum", property_method<is_alnum>},
    Method{"isalpha", property_method<unicode::is_alpha>},
    Method{"isascii", property_method<is_ascii, true>},
    Method{"isdecimal", property_method<unicode::is_decimal>},
    Method{"isdigit", property_method<unicode::is_digit>},
    Method{"isidentifier", case_query<is_identifier>},
    Method{"islower", case_query<is_all_lower>},
    Method{"isnumeric", property_method<unicode::is_numeric>},
    Method{"isprintable", property_method<unicode::is_printable, true>},
    Method{"isspace", property_method<unicode::is_space>},
    Method{"istitle", case_query<is_title_cased>},
    Method{"isupper", case_query<is_all_upper>},
    Method{"rfind", find_method<true, false>},
    Method{"rindex", find_method<true, true>},
    Method{"startswith", affix_method<true>},
};
static_assert(std::ranges::is_sorted(kQueries, {}, &Method::name));

}  // namespace

bool is_all_upper(std::string_view text) {
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = unicode::next(text, at);
    if (unicode::is_lower(c) || unicode::is_title(c)) return false;
    any = any || unicode::is_upper(c);
  }
  return any;
}

bool is_all_lower(std::string_view text) {
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = unicode::next(text, at);
    if (unicode::is_upper(c) || unicode::is_title(c)) return false;
    any = any || unicode::is_lower(c);
  }
  return any;
}

Method find_string_query(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kQueries, name, {}, &Method::name);
  return found != kQueries.end() && found->name == name ? *found : Method{};
}

}  // namespace minerva::chat::jinja
