// Filters on single values: numbers, defaults, JSON.

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/filters.h"
#include "chat/jinja/format_spec.h"
#include "chat/jinja/json_dump.h"
#include "chat/jinja/methods.h"
#include "chat/jinja/numbers.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {
namespace {

constexpr double kInt64Bound = 9223372036854775808.0;

Value otherwise(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "default", arguments, {"default_value", "boolean"});
  if (!bound) return {};
  const bool is_absent = value.is_undefined() || (bound.truth(1, false) && !is_true(value));
  if (!is_absent) return value;
  return bound.has(0) ? bound[0] : runtime.string(Text{});
}

Value absolute(Runtime& runtime, const Value& value, const Arguments& arguments) {
  if (!Bound(runtime, "abs", arguments, {})) return {};
  if (value.is(Kind::kFloat)) return std::abs(value.number());
  if (!value.is_integral())
    return runtime.fail("bad operand type for abs(): '" + std::string(type_name(value)) + "'");
  return value.integer() < 0 ? negate(runtime, value) : Value(value.integer());
}

std::optional<double> as_float(const Value& value) {
  if (value.is_number()) return value.number();
  return value.is_string() ? parse_float(value.bytes()) : std::nullopt;
}

Value to_float(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "float", arguments, {"default"});
  if (!bound) return {};
  if (value.is_undefined()) return runtime.fail_undefined(value);
  if (const std::optional<double> number = as_float(value)) return *number;
  return bound.has(0) ? bound[0] : Value(0.0);
}

Value to_int(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "int", arguments, {"default", "base"});
  if (!bound) return {};
  const std::int64_t base = bound.integer(1, 10);
  if (value.is_undefined()) return runtime.fail_undefined(value);
  if (value.is_integral()) return value.integer();
  if (value.is_string()) {
    if (const auto number = parse_int(value.bytes(), static_cast<int>(base))) return *number;
  }
  const Value fallback = bound.has(0) ? bound[0] : Value(std::int64_t{0});
  const std::optional<double> number = as_float(value);
  if (!number || std::isnan(*number)) return fallback;
  if (std::isinf(*number))
    return value.is_string() ? fallback : runtime.fail("cannot convert float infinity to integer");
  if (std::abs(*number) >= kInt64Bound) return runtime.fail("integer result is outside of 64 bits");
  return static_cast<std::int64_t>(*number);
}

// Half to even, at the decimal digit that `precision` names (left of the point when negative).
Value round_common(Runtime& runtime, const Value& value, std::int64_t precision) {
  if (value.is_integral()) {
    const std::int64_t number = value.integer();
    if (precision >= 0) return number;
    if (precision < -18) return std::int64_t{0};
    std::int64_t unit = 1;
    for (std::int64_t i = 0; i < -precision; ++i) unit *= 10;
    const std::int64_t rest = ((number % unit) + unit) % unit;
    const std::int64_t down = number - rest;
    const bool is_odd = (down / unit) % 2 != 0;
    return rest * 2 > unit || (rest * 2 == unit && is_odd) ? down + unit : down;
  }
  const double number = value.number();
  if (!std::isfinite(number) || precision > 323) return number;
  if (precision < -308) return std::copysign(0.0, number);
  if (precision >= 0)
    return parse_float(format_double(runtime, number, 'f', precision, false)).value_or(number);
  const double unit = std::pow(10.0, static_cast<double>(-precision));
  return std::nearbyint(number / unit) * unit;
}

Value round(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "round", arguments, {"precision", "method"});
  if (!bound) return {};
  const std::int64_t precision = bound.integer(0, 0);
  const std::string method = bound.has(1) ? to_text(runtime, bound[1]).bytes() : "common";
  if (runtime.failed()) return {};
  if (!value.is_number()) {
    if (value.is_undefined()) return runtime.fail_undefined(value);
    return runtime.fail("type " + std::string(type_name(value)) + " cannot be rounded");
  }
  if (method == "common") return round_common(runtime, value, precision);
  if (method != "ceil" && method != "floor") return runtime.fail("method must be common, ceil or floor");
  const double unit = std::pow(10.0, static_cast<double>(precision));
  const double scaled = value.number() * unit;
  if (!std::isfinite(scaled)) return runtime.fail("cannot convert float infinity or NaN to integer");
  const double whole = method == "ceil" ? std::ceil(scaled) : std::floor(scaled);
  return (whole == 0 ? 0.0 : whole) / unit;
}

std::optional<JsonStyle> json_style(Runtime& runtime, const Bound& bound) {
  JsonStyle style{.ensure_ascii = bound.truth(0, false), .sort_keys = bound.truth(3, false), .indent = {}};
  if (bound.has(1) && !bound[1].is_none()) {
    if (bound[1].is_string()) {
      style.indent = bound[1].bytes();
    } else {
      const std::int64_t width = bound.integer(1, 0);
      if (runtime.failed() ||
          !runtime.check_string_size(static_cast<std::size_t>(std::max<std::int64_t>(width, 0))))
        return {};
      style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
    }
    style.item_separator = ",";
  }
  if (bound.has(2) && !bound[2].is_none()) {
    const bool is_pair = (is_tuple(bound[2]) || is_list(bound[2])) && bound[2].sequence().items.size() == 2 &&
                         bound[2].sequence().items[0].is_string() && bound[2].sequence().items[1].is_string();
    if (!is_pair) {
      runtime.fail("tojson: separators must be two strings");
      return {};
    }
    style.item_separator = bound[2].sequence().items[0].bytes();
    style.key_separator = bound[2].sequence().items[1].bytes();
  }
  return style;
}

Value tojson(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  if (!bound) return {};
  const std::optional<JsonStyle> style = json_style(runtime, bound);
  return style ? dump_json(runtime, value, *style) : Value();
}

Value attribute(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "attr", arguments, {"name"}, 1);
  if (!bound) return {};
  if (!bound[0].is_string()) return runtime.fail("attr expects the name of an attribute");
  const std::string& name = bound[0].bytes();
  const bool is_item_only = value.is_dict() && find_container_method(value, name).function == nullptr;
  if (is_item_only) return runtime.undefined("'dict object' has no attribute " + quote(name));
  return get_attribute(runtime, value, name);
}

Value file_size(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound(runtime, "filesizeformat", arguments, {"binary"});
  if (!bound) return {};
  const std::optional<double> bytes = as_float(value);
  if (!bytes) return runtime.fail("filesizeformat expects a number");
  const bool is_binary = bound.truth(0, false);
  const double base = is_binary ? 1024 : 1000;
  if (*bytes == 1) return runtime.string("1 Byte");
  if (*bytes < base) return runtime.string(std::to_string(static_cast<std::int64_t>(*bytes)) + " Bytes");
  constexpr std::string_view kPrefixes = "kMGTPEZY";
  double unit = base;
  std::size_t i = 0;
  while (i + 1 < kPrefixes.size() && *bytes >= unit * base) {
    unit *= base;
    ++i;
  }
  const char prefix = is_binary && i == 0 ? 'K' : kPrefixes[i];
  return runtime.string(format_double(runtime, *bytes / unit, 'f', 1, false) + " " + prefix +
                        (is_binary ? "iB" : "B"));
}

constexpr std::array kFilters = {
    Filter{"tojson", tojson}, Filter{"default", otherwise}, Filter{"d", otherwise},
    Filter{"int", to_int},    Filter{"float", to_float},    Filter{"abs", absolute},
    Filter{"round", round},   Filter{"attr", attribute},    Filter{"filesizeformat", file_size},
};

}  // namespace

NativeFunction find_value_filter(std::string_view name) { return find_in_table(kFilters, name); }

}  // namespace minerva::chat::jinja
