#include "api/json_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/utf8.h"

namespace minerva::api {
namespace {

constexpr std::size_t kExcerptBytes = 60;

// "line 2, column 7" of the byte at `offset`; both count from 1, columns in code points.
std::string place(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto is_code_point = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto column = std::ranges::count_if(before.substr(line_start), is_code_point) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// Where the nesting first exceeds kMaxJsonDepth. Brackets inside strings do not count.
std::optional<std::size_t> too_deep_at(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return i;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return std::nullopt;
}

// Of numbers and literals.
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' || c == '.';
}

// The library points at the last byte of a token that it did not expect; people look for the first.
std::size_t token_start(std::string_view text, std::size_t last) {
  if (last >= text.size()) return text.size();
  if (text[last] != '"') {
    while (last > 0 && is_word(text[last]) && is_word(text[last - 1])) --last;
    return last;
  }
  for (std::size_t at = last; at > 0; --at) {
    if (text[at - 1] == '"' && (at == 1 || text[at - 2] != '\\')) return at - 1;
  }
  return last;
}

// The library's words after its own "[json.exception…] parse error at line 1, column 2: ".
std::string reason(std::string_view what) {
  const std::size_t position = what.find("column ");
  const std::size_t colon = position == std::string_view::npos ? position : what.find(": ", position);
  return std::string(colon == std::string_view::npos ? what : what.substr(colon + 2));
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return fail(ErrorCode::kInvalidRequest, "the body is empty; a JSON object is needed");
  }
  if (const auto deep = too_deep_at(text)) {
    return fail(ErrorCode::kInvalidRequest, "the body is nested more than " + std::to_string(kMaxJsonDepth) +
                                                " levels deep at " + place(text, *deep));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const std::string why = utf8::sanitize(reason(error.what()));
    std::size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    // "tru]": the byte that ends a literal too early belongs to what follows.
    if (why.contains("invalid literal") && offset > 0 && is_word(text[offset - 1])) --offset;
    // Inside a string the byte itself is at fault.
    if (!why.contains("invalid string")) offset = token_start(text, offset);
    return fail(ErrorCode::kInvalidRequest, "the body is not JSON at " + place(text, offset) + ": " + why);
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalidRequest,
                "the body holds a number that is too large: " + utf8::sanitize(error.what()));
  }
}

std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string excerpt(const Json& value) {
  std::string text = to_text(value);
  if (text.size() <= kExcerptBytes) return text;
  text.resize(kExcerptBytes);
  text.resize(text.size() - utf8::incomplete_tail(text));
  return text + "…";
}

}  // namespace minerva::api
