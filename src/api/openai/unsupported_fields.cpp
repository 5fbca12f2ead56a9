#include "api/openai/unsupported_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "api/parameter_parser.h"

namespace minerva::api::openai {
namespace {

// The neutral value is what clients send that list every field they know. Null is neutral everywhere.
struct UnsupportedField {
  std::string_view name;
  std::string_view neutral;  // JSON
};

constexpr std::array kUnsupported{
    UnsupportedField{"audio", "null"},
    UnsupportedField{"modalities", R"(["text"])"},
    UnsupportedField{"web_search_options", "null"},
    // llama-server's
    UnsupportedField{"lora", "[]"},
};

// What `tools` and `tool_choice` were called before.
void refuse_functions(ParameterParser& fields) {
  const Json* functions = fields.array("functions");
  if (functions == nullptr || functions->empty()) return;
  const Json* choice = fields.value("function_call");
  if (choice != nullptr && *choice == "none") return;
  fields.refuse(
      "functions",
      "functions are not supported by this version; send them as tools, or send function_call \"none\"");
}

}  // namespace

Status refuse_unsupported(const Json& body) {
  ParameterParser fields(body, "");
  refuse_functions(fields);
  for (const auto& [name, neutral] : kUnsupported) {
    const Json* given = fields.value(name);
    if (given == nullptr || *given == Json::parse(neutral)) continue;
    const std::string hint =
        neutral == "null" ? "leave it out" : fmt::format("leave it out or send {}", neutral);
    fields.refuse(name,
                  fmt::format("{} {} is not supported by this version; {}", name, excerpt(*given), hint));
  }
  return fields.status();
}

}  // namespace minerva::api::openai
