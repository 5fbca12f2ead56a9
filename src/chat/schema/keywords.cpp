#include "chat/schema/keywords.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace minerva::chat::schema {
namespace {

struct Uncompiled {
  std::string_view keyword;
  std::string_view neutral;  // JSON of a value that asks for nothing, besides {} and []
  std::string_view advice;
};

constexpr std::array kUncompiled{
    Uncompiled{"not", "false", "list what is allowed with enum, type or anyOf"},
    Uncompiled{"then", "true", "write the cases as the branches of anyOf"},
    Uncompiled{"else", "true", "write the cases as the branches of anyOf"},
    Uncompiled{"patternProperties", "{}", "declare the members in properties, or use additionalProperties"},
    Uncompiled{"propertyNames", "true", "declare the members in properties"},
    Uncompiled{"dependentRequired", "{}", "write the cases as the branches of anyOf"},
    Uncompiled{"dependentSchemas", "{}", "write the cases as the branches of anyOf"},
    Uncompiled{"dependencies", "{}", "write the cases as the branches of anyOf"},
    Uncompiled{"unevaluatedProperties", "true", "use additionalProperties"},
    Uncompiled{"unevaluatedItems", "true", "use items"},
    Uncompiled{"contains", "null", "use items or prefixItems"},
    Uncompiled{"uniqueItems", "false", "leave it out, and say in the prompt that items must differ"},
    Uncompiled{"$dynamicRef", "null", "use $ref"},
    Uncompiled{"$recursiveRef", "null", "use $ref"},
};

// Of `not` an empty schema is the opposite of nothing: it forbids all.
bool asks_for_nothing(const Uncompiled& entry, const Json& schema, const Json& value) {
  if (value == Json::parse(entry.neutral)) return true;
  if (entry.keyword == "then" || entry.keyword == "else") return value.empty() || !schema.contains("if");
  if (entry.keyword == "uniqueItems")
    return schema.contains("maxItems") && schema["maxItems"].is_number() && schema["maxItems"] <= 1;
  return entry.keyword != "not" && entry.keyword != "contains" && value.is_object() && value.empty();
}

}  // namespace

std::unexpected<Error> refuse(const std::string& path, std::string_view why) {
  return fail(ErrorCode::kInvalidRequest, fmt::format("{}: {}", path, why), path);
}

Status check_keyword(const SchemaRef& schema, const std::string& keyword, bool at_root) {
  const Json& value = (*schema.json)[keyword];
  if (keyword == "$id" && !at_root) {
    return refuse(
        schema.path + "/$id",
        "the keyword \"$id\" cannot be compiled within a schema; leave it out, and refer with #/...");
  }
  const auto found = std::ranges::find(kUncompiled, keyword, &Uncompiled::keyword);
  if (found == kUncompiled.end() || asks_for_nothing(*found, *schema.json, value)) return {};
  return refuse(
      schema.path + "/" + pointer_part(keyword),
      fmt::format("the keyword \"{}\" cannot be compiled to a grammar; {}", keyword, found->advice));
}

bool is_number_keyword(std::string_view keyword) {
  constexpr std::array<std::string_view, 4> kAll{"minimum", "maximum", "exclusiveMinimum",
                                                 "exclusiveMaximum"};
  return std::ranges::contains(kAll, keyword);
}

bool is_count_keyword(std::string_view keyword) {
  constexpr std::array<std::string_view, 6> kAll{"minLength", "maxLength",     "minItems",
                                                 "maxItems",  "minProperties", "maxProperties"};
  return std::ranges::contains(kAll, keyword);
}

std::optional<std::uint32_t> types_named(std::string_view type) {
  if (type == "null") return kNull;
  if (type == "boolean") return kBoolean;
  if (type == "integer") return kInteger;
  if (type == "number") return kInteger | kFraction;
  if (type == "string") return kString;
  if (type == "array") return kArray;
  if (type == "object") return kObject;
  return std::nullopt;
}

std::string pointer_part(std::string_view name) {
  std::string part;
  for (const char letter : name) {
    if (letter == '~' || letter == '/') {
      part += letter == '~' ? "~0" : "~1";
    } else {
      part += letter;
    }
  }
  return part;
}

std::string unescaped_fragment(std::string_view fragment) {
  std::string text;
  for (std::size_t i = 0; i < fragment.size(); ++i) {
    unsigned code = 0;
    const char* digits = fragment.data() + i + 1;
    if (fragment[i] == '%' && i + 2 < fragment.size() &&
        std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
      text += static_cast<char>(code);
      i += 2;
    } else {
      text += fragment[i];
    }
  }
  return text;
}

}  // namespace minerva::chat::schema
