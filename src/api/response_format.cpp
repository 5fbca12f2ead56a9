#include "api/response_format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

namespace minerva::api {
namespace {

struct AskedSchema {
  Json document;
  std::string path;
};

void check_name(ParameterParser& format) {
  std::string name;
  format.text("name", name);
  const bool is_fine = name.size() <= kMaxSchemaNameLength && std::ranges::all_of(name, [](unsigned char c) {
                         return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-';
                       });
  if (is_fine && (!name.empty() || format.value("name") == nullptr)) return;
  format.refuse("name", fmt::format("{} is {}; a name has 1 to {} letters, digits, '_' and '-'",
                                    format.path_of("name"), excerpt(name), kMaxSchemaNameLength));
}

std::optional<AskedSchema> read_named_schema(ParameterParser& format) {
  const Json* given = format.object("json_schema");
  if (given == nullptr) {
    format.refuse("json_schema",
                  format.path_of("json_schema") + " is missing; it is an object with name and schema");
    return std::nullopt;
  }
  ParameterParser named(*given, format.path_of("json_schema"));
  check_name(named);
  bool strict = true;  // a grammar knows no other
  named.boolean("strict", strict);
  const Json* schema = named.value("schema");
  if (schema == nullptr) named.refuse("schema", named.path_of("schema") + " is missing");
  format.include(named.status());
  if (format.failed()) return std::nullopt;
  return AskedSchema{*schema, named.path_of("schema")};
}

// `schema` beside json_object is llama-server's.
std::optional<AskedSchema> read_format(ParameterParser& format) {
  std::string type;
  format.choice("type", {"text", "json_object", "json_schema"}, type);
  if (type.empty()) format.refuse("type", format.path_of("type") + " is missing");
  if (format.failed() || type == "text") return std::nullopt;
  if (type == "json_schema") return read_named_schema(format);
  if (const Json* schema = format.value("schema")) return AskedSchema{*schema, format.path_of("schema")};
  return AskedSchema{Json{{"type", "object"}}, format.path_of("type")};
}

}  // namespace

bool read_response_format(ParameterParser& fields, chat::schema::GrammarCache& grammars,
                          wire::SamplingParams& sampling) {
  std::optional<AskedSchema> asked;
  if (const Json* given = fields.object("response_format")) {
    ParameterParser format(*given, "response_format");
    asked = read_format(format);
    fields.include(format.status());
  }
  if (const Json* schema = fields.value("json_schema")) {
    if (asked)
      fields.refuse("json_schema", "json_schema and response_format both ask for JSON; send one of them");
    asked = AskedSchema{*schema, "json_schema"};
  }
  if (!asked || fields.failed()) return false;
  const std::string field = fields.value("json_schema") != nullptr ? "json_schema" : "response_format";
  if (!sampling.grammar.empty())
    fields.refuse(field, field + " cannot be combined with grammar; send one of them");
  if (fields.failed()) return false;
  auto grammar = grammars.grammar_of(asked->document, asked->path);
  if (!grammar) {
    fields.include(std::unexpected(std::move(grammar.error())));
    return false;
  }
  sampling.grammar = std::move(*grammar);
  return true;
}

}  // namespace minerva::api
