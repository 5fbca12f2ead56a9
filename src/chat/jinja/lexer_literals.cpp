#include "chat/jinja/lexer_literals.h"

#include <array>
#include <cstdio>
#include <optional>

#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

// Digits of `base` from `at`, single underscores between them; `leading`: an underscore may stand before the first.
std::size_t digits_end(std::string_view text, std::size_t at, int base, bool leading) {
  for (bool may_skip = leading;; may_skip = true) {
    const std::size_t digit = may_skip && at < text.size() && text[at] == '_' ? at + 1 : at;
    if (digit >= text.size() || hex_value(text[digit]) >= base) return at;
    at = digit + 1;
  }
}

void append_code(std::string& to, char32_t code) {
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  unicode::append(to, is_surrogate || code > 0x10ffff ? U'\ufffd' : code);
}

// `n` hexadecimal digits at `at`, or nothing.
std::optional<char32_t> hex(std::string_view text, std::size_t at, std::size_t n) {
  if (at + n > text.size()) return std::nullopt;
  char32_t code = 0;
  for (const char c : text.substr(at, n)) {
    if (hex_value(c) > 15) return std::nullopt;
    code = code * 16 + static_cast<char32_t>(hex_value(c));
  }
  return code;
}

// jinja2 turns a character outside of ASCII into its escape before it looks at escapes, so that a backslash in front of
// it leaves a backslash and this name.
std::string hex_name(char32_t c) {
  std::array<char, 16> buffer{};
  const char* format = c < 0x100 ? "x%02x" : c < 0x10000 ? "u%04x" : "U%08x";
  std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(c));
  return buffer.data();
}

}  // namespace

std::size_t float_length(std::string_view text) {
  if (text.empty() || !is_digit(text[0])) return 0;
  const std::size_t whole = digits_end(text, 0, 10, false);
  std::size_t end = whole;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]))
    end = digits_end(text, end + 1, 10, false);
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (exponent < text.size() && is_digit(text[exponent])) return digits_end(text, exponent, 10, false);
  }
  return end > whole ? end : 0;
}

std::size_t integer_length(std::string_view text) {
  if (text.empty() || !is_digit(text[0])) return 0;
  if (text[0] != '0') return digits_end(text, 0, 10, false);
  if (text.size() > 1) {
    const char kind = static_cast<char>(text[1] | 0x20);
    const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    if (base != 0) {
      const std::size_t end = digits_end(text, 2, base, true);
      if (end > 2) return end;
    }
  }
  return digits_end(text, 0, 1, false);  // zeros
}

std::size_t name_length(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    std::size_t after = end;
    const char32_t c = unicode::next(text, after);
    if (c != '_' && !unicode::is_alpha(c) && !unicode::is_numeric(c)) break;
    end = after;
  }
  return end;
}

bool is_identifier_start(std::string_view text) {
  std::size_t at = 0;
  const char32_t c = unicode::next(text, at);
  return c == '_' || unicode::is_alpha(c);
}

std::size_t string_length(std::string_view text) {
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) return 0;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == text[0]) return at + 1;
    if (text[at] == '\\') ++at;
  }
  return 0;
}

Result<std::string> unescape(std::string_view inner) {
  constexpr std::string_view kNames = "abfnrtv\\'\"";
  constexpr std::string_view kCharacters = "\a\b\f\n\r\t\v\\'\"";
  std::string result;
  for (std::size_t at = 0; at < inner.size();) {
    if (inner[at] != '\\') {
      result += inner[at++];
      continue;
    }
    const char kind = inner[at + 1];  // string_length leaves no lone backslash at the end
    at += 2;
    if (const std::size_t known = kNames.find(kind); known != std::string_view::npos) {
      result += kCharacters[known];
    } else if (kind == '\n') {
      continue;
    } else if (kind >= '0' && kind <= '7') {
      char32_t code = static_cast<char32_t>(kind - '0');
      for (int i = 0; i < 2 && at < inner.size() && inner[at] >= '0' && inner[at] <= '7'; ++i, ++at) {
        code = code * 8 + static_cast<char32_t>(inner[at] - '0');
      }
      append_code(result, code);
    } else if (kind == 'x' || kind == 'u' || kind == 'U') {
      const std::size_t n = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
      const std::optional<char32_t> code = hex(inner, at, n);
      if (!code || *code > 0x10ffff)
        return fail(ErrorCode::kTemplateFailed, "truncated or illegal \\" + std::string(1, kind) + " escape");
      at += n;
      const bool is_high = *code >= 0xd800 && *code < 0xdc00 && inner.substr(at).starts_with("\\u");
      const std::optional<char32_t> low = is_high ? hex(inner, at + 2, 4) : std::nullopt;
      if (low && *low >= 0xdc00 && *low < 0xe000) {
        append_code(result, 0x10000 + ((*code - 0xd800) << 10U) + (*low - 0xdc00));
        at += 6;
      } else {
        append_code(result, *code);
      }
    } else if (kind == 'N') {
      return fail(ErrorCode::kTemplateFailed,
                  "character names in strings are not supported, use \\u with the number");
    } else if (static_cast<unsigned char>(kind) >= 0x80) {
      --at;
      result += '\\' + hex_name(unicode::next(inner, at));
    } else {
      result += '\\';
      result += kind;
    }
  }
  return result;
}

}  // namespace minerva::chat::jinja
