#include "chat/jinja/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace minerva::chat::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\r\f\v";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

// Removes single underscores between digits; nothing when one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text, bool after_prefix) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      result += text[i];
      continue;
    }
    const bool left = i > 0 ? digit_value(text[i - 1]) < 36 : after_prefix;
    if (!left || i + 1 >= text.size() || digit_value(text[i + 1]) >= 36) return std::nullopt;
  }
  return result;
}

}  // namespace

std::string float_repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
  const std::string_view text(buffer.data(), written.ptr);
  const std::size_t e = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  if (exponent >= 16 || exponent < -4) {
    std::string result(text.substr(0, e + 2));
    const std::string digits = std::to_string(std::abs(exponent));
    return result + (digits.size() < 2 ? "0" : "") + digits;
  }
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (is_digit(c)) digits += c;
  }
  std::string result = text.front() == '-' ? "-" : "";
  if (exponent < 0) return result + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return result + digits + std::string(whole - digits.size(), '0') + ".0";
  return result + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::optional<double> parse_float(std::string_view raw) {
  const std::string text = lowered(stripped(raw));
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (rest == "inf" || rest == "infinity") return negative ? -kInfinity : kInfinity;
  if (rest == "nan") return std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool between_digits =
        i > 0 && i + 1 < rest.size() && is_digit(rest[i - 1]) && is_digit(rest[i + 1]);
    if (rest[i] == '_' && !between_digits) return std::nullopt;
  }
  std::string digits(rest);
  std::erase(digits, '_');
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const std::size_t e = digits.find('e');
    number = e != std::string::npos && digits.find('-', e) != std::string::npos ? 0.0 : kInfinity;
  }
  return negative ? -number : number;
}

std::optional<std::int64_t> parse_int(std::string_view raw, int base) {
  if (base != 0 && (base < 2 || base > 36)) return std::nullopt;
  std::string text = lowered(stripped(raw));
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const bool any_base = base == 0;
  bool has_prefix = false;
  for (const auto& [prefix, its_base] : {std::pair{"0x", 16}, std::pair{"0o", 8}, std::pair{"0b", 2}}) {
    if (!rest.starts_with(prefix) || (base != 0 && base != its_base)) continue;
    base = its_base;
    has_prefix = true;
    rest.remove_prefix(2);
    break;
  }
  if (base == 0) base = 10;
  const std::optional<std::string> digits = without_underscores(rest, has_prefix);
  if (!digits || digits->empty() ||
      !std::ranges::all_of(*digits, [&](char c) { return digit_value(c) < base; })) {
    return std::nullopt;
  }
  const bool is_zero = std::ranges::all_of(*digits, [](char c) { return c == '0'; });
  if (any_base && !has_prefix && digits->front() == '0' && !is_zero) return std::nullopt;
  const std::string signed_digits = (negative ? "-" : "") + *digits;
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(signed_digits.data(), signed_digits.data() + signed_digits.size(), number, base);
  if (error != std::errc{} || end != signed_digits.data() + signed_digits.size()) return std::nullopt;
  return number;
}

std::string magnitude_digits(std::int64_t number, int base) {
  const std::uint64_t magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::array<char, 72> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, base);
  return {buffer.data(), written.ptr};
}

}  // namespace minerva::chat::jinja
