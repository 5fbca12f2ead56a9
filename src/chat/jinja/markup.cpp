#include "chat/jinja/markup.h"

#include <array>
#include <string_view>
#include <utility>

#include "chat/jinja/numbers.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/text_ops.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

std::string_view escaped(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&#34;";
    case '\'': return "&#39;";
    default: return {};
  }
}

// `text` without its parts from `open` to the next `close`; an `open` that nothing closes stays.
Text without_parts(const Text& text, std::string_view open, std::string_view close) {
  Text result;
  const std::string_view bytes = text.bytes();
  std::size_t at = 0;
  for (std::size_t begin = bytes.find(open); begin != std::string_view::npos; begin = bytes.find(open, at)) {
    const std::size_t end = bytes.find(close, begin);
    if (end == std::string_view::npos) break;
    result.append(text, at, begin);
    at = end + close.size();
  }
  result.append(text, at, bytes.size());
  return result;
}

struct Entity {
  std::string_view name;
  char32_t character;
};
constexpr std::array kEntities = {Entity{"amp", '&'},   Entity{"lt", '<'},    Entity{"gt", '>'},
                                  Entity{"quot", '"'},  Entity{"apos", '\''}, Entity{"nbsp", 0xa0},
                                  Entity{"copy", 0xa9}, Entity{"reg", 0xae},  Entity{"hellip", 0x2026}};

// The character behind "&name;" or "&#N;", or 0.
char32_t entity(std::string_view name) {
  if (name.starts_with("#")) {
    const bool is_hex = name.starts_with("#x") || name.starts_with("#X");
    const auto number = parse_int(name.substr(is_hex ? 2 : 1), is_hex ? 16 : 10).value_or(0);
    const bool is_character = number > 0 && number < 0x110000 && (number < 0xd800 || number > 0xdfff);
    return is_character ? static_cast<char32_t>(number) : U'\0';
  }
  for (const Entity& known : kEntities) {
    if (known.name == name) return known.character;
  }
  return 0;
}

Text with_entities_resolved(const Text& text) {
  Text result;
  const std::string_view bytes = text.bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end =
        bytes[at] == '&' ? bytes.substr(0, at + 12).find(';', at) : std::string_view::npos;
    const char32_t c = end == std::string_view::npos ? 0 : entity(bytes.substr(at + 1, end - at - 1));
    if (c != 0) {
      std::string character;
      unicode::append(character, c);
      result.append(character, text.slice(at, end + 1).weakest_origin());
      at = end + 1;
    } else {
      result.append(text, at, at + 1);
      ++at;
    }
  }
  return result;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.-~").contains(c);
}

}  // namespace

Value escape_markup(Runtime& runtime, const Value& value) {
  if (value.is_string() && value.string().is_markup) return value;
  const Text text = to_text(runtime, value);
  Text result;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view replacement = escaped(text.bytes()[at]);
    if (replacement.empty()) continue;
    result.append(text, copied, at);
    result.append(replacement, text.origin_at(at));
    copied = at + 1;
  }
  result.append(text, copied, text.size());
  return runtime.string(std::move(result), true);
}

Value strip_tags(Runtime& runtime, const Value& value) {
  const Text bare = without_parts(without_parts(to_text(runtime, value), "<!--", "-->"), "<", ">");
  Text joined;
  for (const Text& word : split_whitespace(bare, -1)) {
    if (!joined.empty()) joined.append(" ", bare.weakest_origin());
    joined.append(word);
  }
  return runtime.string(with_entities_resolved(joined));
}

Text url_quote(const Text& text, bool for_query) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  Text result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text.bytes()[at];
    const auto byte = static_cast<unsigned char>(c);
    const Origin origin = text.origin_at(at);
    if (is_unreserved(c) || (c == '/' && !for_query)) {
      result.append({&c, 1}, origin);
    } else if (c == ' ' && for_query) {
      result.append("+", origin);
    } else {
      const std::array<char, 3> encoded = {'%', kHex[byte >> 4U], kHex[byte & 15U]};
      result.append({encoded.data(), encoded.size()}, origin);
    }
  }
  return result;
}

}  // namespace minerva::chat::jinja
