#include "chat/jinja/format_spec.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "chat/jinja/numbers.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

constexpr std::int64_t kMaxPrecision = 1000;
constexpr std::string_view kAligns = "<>^=";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  bool any = false;
  while (!text.empty() && is_digit(text.front()) && number < 1'000'000'000) {
    number = number * 10 + (text.front() - '0');
    text.remove_prefix(1);
    any = true;
  }
  return any ? std::optional(number) : std::nullopt;
}

bool take(std::string_view& text, std::string_view any_of, char& into) {
  if (text.empty() || !any_of.contains(text.front())) return false;
  into = text.front();
  text.remove_prefix(1);
  return true;
}

void group_digits(std::string& digits, char separator, std::size_t every) {
  std::size_t end = 0;
  while (end < digits.size() && std::isalnum(static_cast<unsigned char>(digits[end])) != 0) ++end;
  for (std::size_t at = end; at > every; at -= every) digits.insert(at - every, 1, separator);
}

std::string sign_of(bool negative, char sign) {
  if (negative) return "-";
  return sign == '-' ? "" : std::string(1, sign);
}

// "g" without type: like repr, but with the precision where one is given.
std::string general(Runtime& runtime, double number, const FormatSpec& spec) {
  if (spec.precision < 0) return float_repr(number);
  std::string text = format_double(runtime, number, 'g', spec.precision, spec.alternate);
  if (std::isfinite(number) && !text.contains('.') && !text.contains('e')) text += ".0";
  return text;
}

Text format_integer(Runtime& runtime, std::int64_t number, const FormatSpec& spec) {
  int base = 10;
  std::string prefix;
  switch (spec.type) {
    case 'b':
      base = 2;
      prefix = "0b";
      break;
    case 'o':
      base = 8;
      prefix = "0o";
      break;
    case 'x':
      base = 16;
      prefix = "0x";
      break;
    case 'X':
      base = 16;
      prefix = "0X";
      break;
    default: break;
  }
  if (spec.precision >= 0) {
    runtime.fail("Precision not allowed in integer format specifier");
    return {};
  }
  std::string digits = magnitude_digits(number, base);
  if (spec.type == 'X')
    std::ranges::transform(digits, digits.begin(), [](unsigned char c) { return std::toupper(c); });
  if (spec.grouping != 0) group_digits(digits, spec.grouping, base == 10 ? 3 : 4);
  const std::string text = sign_of(number < 0, spec.sign) + (spec.alternate ? prefix : "") + digits;
  return pad(runtime, {text, Origin::kTemplate}, spec, true);
}

Text format_float(Runtime& runtime, double number, const FormatSpec& spec) {
  const double magnitude = std::abs(number);
  std::string digits = spec.type == 0
                           ? general(runtime, magnitude, spec)
                           : format_double(runtime, magnitude, spec.type, spec.precision, spec.alternate);
  if (spec.grouping != 0) group_digits(digits, spec.grouping, 3);
  return pad(runtime, {sign_of(std::signbit(number), spec.sign) + digits, Origin::kTemplate}, spec, true);
}

Text format_string(Runtime& runtime, const String& string, const FormatSpec& spec) {
  if ((spec.type != 0 && spec.type != 's') || spec.align == '=' || spec.sign != '-' || spec.grouping != 0) {
    runtime.fail("format specification does not fit a string");
    return {};
  }
  if (spec.precision < 0 || std::cmp_greater_equal(spec.precision, string.n_chars))
    return pad(runtime, string.text, spec, false);
  const std::size_t end = unicode::offset_of(string.bytes(), static_cast<std::size_t>(spec.precision));
  return pad(runtime, string.text.slice(0, end), spec, false);
}

}  // namespace

std::optional<FormatSpec> parse_format_spec(std::string_view text) {
  FormatSpec spec;
  if (!text.empty()) {
    const std::size_t width = unicode::width_at(text, 0);
    if (text.size() > width && kAligns.contains(text[width])) {
      spec.fill = text.substr(0, width);
      spec.align = text[width];
      text.remove_prefix(width + 1);
    } else {
      take(text, kAligns, spec.align);
    }
  }
  take(text, "+- ", spec.sign);
  char flag = 0;
  spec.alternate = take(text, "#", flag);
  if (take(text, "0", flag) && spec.align == 0) {
    spec.fill = "0";
    spec.align = '=';
  }
  spec.width = take_number(text).value_or(0);
  take(text, ",_", spec.grouping);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::optional<std::int64_t> precision = take_number(text);
    if (!precision) return std::nullopt;
    spec.precision = *precision;
  }
  if (text.size() > 1) return std::nullopt;
  if (!text.empty()) spec.type = text.front();
  return spec;
}

std::string format_double(Runtime& runtime, double number, char type, std::int64_t precision,
                          bool alternate) {
  if (precision > kMaxPrecision) {
    runtime.fail("precision too large");
    return {};
  }
  const bool is_percent = type == '%';
  if (is_percent) {
    number *= 100;
    type = 'f';
  }
  std::string text;
  if (std::isfinite(number)) {
    const std::string format = std::string("%") + (alternate ? "#" : "") + ".*" + type;
    const int digits = precision < 0 ? 6 : static_cast<int>(precision);
    const int length = std::snprintf(nullptr, 0, format.c_str(), digits, number);
    text.resize(static_cast<std::size_t>(length));
    std::snprintf(text.data(), text.size() + 1, format.c_str(), digits, number);
  } else {
    text = std::isnan(number) ? "nan" : number < 0 ? "-inf" : "inf";
    if (std::string_view("EFG").contains(type))
      std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  }
  return is_percent ? text + "%" : text;
}

Text pad(Runtime& runtime, const Text& text, const FormatSpec& spec, bool numeric) {
  const std::size_t n_chars = unicode::count(text.bytes());
  if (spec.width <= 0 || std::cmp_greater_equal(n_chars, spec.width)) return text;
  const std::size_t n_padding = static_cast<std::size_t>(spec.width) - n_chars;
  if (!runtime.check_string_size(n_padding * spec.fill.size()) || !runtime.charge_bytes(n_padding)) return {};
  const char align = spec.align != 0 ? spec.align : numeric ? '>' : '<';
  const std::size_t n_left = align == '<' || align == '=' ? 0 : align == '^' ? n_padding / 2 : n_padding;
  std::size_t head = 0;
  if (align == '=') {
    const std::string& bytes = text.bytes();
    head = !bytes.empty() && std::string_view("+- ").contains(bytes[0]) ? 1U : 0U;
    if (bytes.size() > head + 2 && bytes[head] == '0' && std::string_view("xXob").contains(bytes[head + 1]))
      head += 2;
  }
  const auto fill = [&](std::size_t n) {
    std::string padding;
    for (std::size_t i = 0; i < n; ++i) padding += spec.fill;
    return padding;
  };
  Text result;
  result.append(fill(n_left), Origin::kTemplate);
  result.append(text, 0, head);
  if (align == '=') result.append(fill(n_padding), Origin::kTemplate);
  result.append(text, head, text.size());
  if (align != '=') result.append(fill(n_padding - n_left), Origin::kTemplate);
  return result;
}

Text format_value(Runtime& runtime, const Value& value, const FormatSpec& spec) {
  constexpr std::string_view kIntegerTypes = "dbxXon";
  constexpr std::string_view kFloatTypes = "eEfFgG%";
  if (value.is_string()) return format_string(runtime, value.string(), spec);
  if (value.is(Kind::kFloat) && (spec.type == 0 || kFloatTypes.contains(spec.type))) {
    return format_float(runtime, value.number(), spec);
  }
  if (value.is_integral() && spec.type == 'c') {
    std::string character;
    const std::int64_t code = value.integer();
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      runtime.fail("%c arg not in range(0x110000)");
    } else {
      unicode::append(character, static_cast<char32_t>(code));
    }
    return pad(runtime, {character, Origin::kTemplate}, spec, true);
  }
  if (value.is_integral() && (kIntegerTypes.contains(spec.type) || spec.type == 0)) {
    return format_integer(runtime, value.integer(), spec);
  }
  if (value.is_integral() && kFloatTypes.contains(spec.type))
    return format_float(runtime, value.number(), spec);
  runtime.fail("format specification does not fit a value of type '" + std::string(type_name(value)) + "'");
  return {};
}

}  // namespace minerva::chat::jinja
