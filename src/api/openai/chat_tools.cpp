#include "api/openai/chat_tools.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace minerva::api::openai {
namespace {

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxToolNameLength && std::ranges::all_of(name, [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-';
  });
}

void read_name(ParameterParser& function, std::string& name, const std::vector<std::string>& others) {
  function.text("name", name);
  if (name.empty()) function.refuse("name", function.path_of("name") + " is missing");
  if (!is_tool_name(name)) {
    function.refuse("name", fmt::format("{} is {}; a name has 1 to {} letters, digits, '_' and '-'",
                                        function.path_of("name"), excerpt(name), kMaxToolNameLength));
  }
  if (std::ranges::contains(others, name)) {
    function.refuse("name", fmt::format("{} is \"{}\", as another tool's; every tool needs a name of its own",
                                        function.path_of("name"), name));
  }
}

// The parameters' schema, or null.
const Json* read_parameters(ParameterParser& function) {
  const Json* parameters = function.object("parameters");
  if (parameters == nullptr) return nullptr;
  ParameterParser schema(*parameters, function.path_of("parameters"));
  std::string type;
  schema.choice("type", {"object"}, type);
  function.include(schema.status());
  return parameters;
}

// What the template needs to know of one tool; its name is added to `names`.
Json read_tool(const Json& given, const std::string& path, std::vector<std::string>& names,
               ParameterParser& body) {
  ParameterParser tool(given, path);
  std::string type;
  tool.choice("type", {"function"}, type);
  if (type.empty()) tool.refuse("type", tool.path_of("type") + " is missing; it is \"function\"");
  const Json* function = tool.object("function");
  if (function == nullptr) tool.refuse("function", tool.path_of("function") + " is missing");
  Json told = Json::object();
  if (!tool.failed()) {
    ParameterParser fields(*function, tool.path_of("function"));
    std::string name;
    read_name(fields, name, names);
    told["name"] = name;
    std::string description;
    fields.text("description", description);
    if (fields.value("description") != nullptr) told["description"] = description;
    if (const Json* parameters = read_parameters(fields)) told["parameters"] = *parameters;
    bool strict = false;
    fields.boolean("strict", strict);
    tool.include(fields.status());
    names.push_back(std::move(name));
  }
  body.include(tool.status());
  return {{"type", "function"}, {"function", std::move(told)}};
}

// Whether the model may call at all.
bool read_choice(ParameterParser& body) {
  const Json* choice = body.value("tool_choice");
  if (choice == nullptr || *choice == "auto") return true;
  if (*choice == "none") return false;
  if (*choice == "required") {
    body.refuse("tool_choice",
                "tool_choice \"required\" is not supported by this version: a call cannot be forced; send "
                "\"auto\", and "
                "ask for the call in a message");
  } else if (choice->is_object()) {
    body.refuse("tool_choice",
                "tool_choice as an object is not supported by this version: a call of a certain tool cannot "
                "be forced; "
                "offer that tool alone in tools, and send tool_choice \"auto\"");
  } else {
    body.mismatch("tool_choice", "\"auto\" or \"none\"", *choice);
  }
  return false;
}

}  // namespace

ToolOffer read_tools(ParameterParser& body) {
  ToolOffer offer;
  bool parallel = true;
  body.boolean("parallel_tool_calls", parallel);
  offer.single = !parallel;
  const bool may_call = read_choice(body);
  const Json* tools = body.array("tools");
  if (tools == nullptr || tools->empty()) return offer;
  if (tools->size() > kMaxTools) {
    body.refuse("tools",
                fmt::format("tools has {} entries; at most {} are allowed", tools->size(), kMaxTools));
  }
  Json told = Json::array();
  for (std::size_t i = 0; i < tools->size() && !body.failed(); ++i)
    told.push_back(read_tool((*tools)[i], element_path("tools", i), offer.names, body));
  if (may_call) {
    offer.tools = to_text(told);
  } else {
    offer.names.clear();
  }
  return offer;
}

}  // namespace minerva::api::openai
