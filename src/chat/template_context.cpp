#include "chat/template_context.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace minerva::chat {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShortIdLength = 9;

// The system text of a template that knows no system role goes in front of the first user message.
constexpr std::string_view kBetweenSystemAndUser = "\n\n";

bool is_system(const ChatMessage& message) {
  return message.role == Role::kSystem || message.role == Role::kDeveloper;
}

Conversation with_system_merged(const Conversation& conversation) {
  std::string system;
  Conversation merged;
  for (const ChatMessage& message : conversation.messages) {
    if (!is_system(message)) {
      merged.messages.push_back(message);
    } else if (!message.content.empty()) {
      if (!system.empty()) system += kBetweenSystemAndUser;
      system += message.content;
    }
  }
  if (system.empty()) return merged;
  const auto user = std::ranges::find(merged.messages, Role::kUser, &ChatMessage::role);
  if (user == merged.messages.end()) {
    merged.messages.insert(merged.messages.begin(),
                           ChatMessage{.role = Role::kUser, .content = std::move(system)});
  } else {
    user->content =
        user->content.empty() ? system : system + std::string(kBetweenSystemAndUser) + user->content;
  }
  return merged;
}

std::string call_field(std::size_t message, std::size_t call) {
  return "messages[" + std::to_string(message) + "].tool_calls[" + std::to_string(call) + "]";
}

// Clients write a call without arguments as "{}" or as nothing.
std::string arguments_text(const ToolCall& call) { return call.arguments.empty() ? "{}" : call.arguments; }

Result<Json> arguments_json(const ToolCall& call, const std::string& field) {
  Json arguments = Json::parse(arguments_text(call), nullptr, false);
  if (arguments.is_object()) return arguments;
  return fail(ErrorCode::kInvalidRequest, "The arguments of a tool call must be the JSON text of an object",
              field + ".function.arguments");
}

Result<Json> tool_call_json(const ToolCall& call, const TemplateFacts& facts, const std::string& field) {
  Result<Json> arguments = arguments_json(call, field);
  if (!arguments) return arguments;
  Json function{{"name", call.name},
                {"arguments", facts.arguments_as_text ? Json(arguments_text(call)) : std::move(*arguments)}};
  Json json{{"type", "function"}, {"function", std::move(function)}};
  if (!call.id.empty()) json["id"] = facts.short_tool_call_ids ? short_tool_call_id(call.id) : call.id;
  return json;
}

Result<Json> message_json(const ChatMessage& message, const TemplateFacts& facts, std::size_t index) {
  Json json{{"role", name_of(is_system(message) ? Role::kSystem : message.role)},
            {"content", message.content}};
  if (facts.null_call_content && !message.tool_calls.empty() && message.content.empty())
    json["content"] = nullptr;
  if (!message.name.empty()) json["name"] = message.name;
  if (!message.reasoning_content.empty()) json["reasoning_content"] = message.reasoning_content;
  if (!message.tool_call_id.empty()) {
    json["tool_call_id"] =
        facts.short_tool_call_ids ? short_tool_call_id(message.tool_call_id) : message.tool_call_id;
  }
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    Result<Json> call = tool_call_json(message.tool_calls[i], facts, call_field(index, i));
    if (!call) return std::unexpected(std::move(call.error()));
    json["tool_calls"].push_back(std::move(*call));
  }
  return json;
}

// The JSON text of an option, which must be an array or an object; null for the empty text.
Result<Json> option_json(const std::string& text, Json::value_t type, const std::string& field) {
  if (text.empty()) return Json();
  Json json = Json::parse(text, nullptr, false);
  if (json.type() == type) return json;
  return fail(ErrorCode::kInvalidRequest,
              field + (type == Json::value_t::array ? " must be a JSON array" : " must be a JSON object"),
              field);
}

// Most templates read a tool's parameters, some its description, without asking whether there are any.
Result<Json> tools_json(const std::string& text, const TemplateFacts& facts) {
  Result<Json> tools = option_json(text, Json::value_t::array, "tools");
  if (!tools || tools->empty()) return tools;
  for (Json& tool : *tools) {
    if (!tool.is_object() || !tool.contains("function") || !tool["function"].is_object()) continue;
    Json& function = tool["function"];
    if (facts.needs_tool_description && !function.contains("description")) function["description"] = "";
    if (!function.contains("parameters"))
      function["parameters"] = {{"type", "object"}, {"properties", Json::object()}};
  }
  return tools;
}

}  // namespace

Result<std::string> normalized_tools(const std::string& tools, const TemplateFacts& facts) {
  const Result<Json> json = tools_json(tools, facts);
  if (!json) return std::unexpected(json.error());
  return json->empty() ? std::string() : json->dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status check_arguments(const Conversation& conversation) {
  for (std::size_t i = 0; i < conversation.messages.size(); ++i) {
    const auto& calls = conversation.messages[i].tool_calls;
    for (std::size_t j = 0; j < calls.size(); ++j) {
      if (const auto arguments = arguments_json(calls[j], call_field(i, j)); !arguments)
        return std::unexpected(arguments.error());
    }
  }
  return {};
}

std::string short_tool_call_id(const std::string& id) {
  const bool is_short = id.size() == kShortIdLength && std::ranges::all_of(id, [](unsigned char c) {
                          return std::isalnum(c) != 0 && c < 0x80;
                        });
  if (is_short) return id;
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bits
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  std::string result;
  for (std::size_t i = 0; i < kShortIdLength; ++i, hash /= kDigits.size())
    result += kDigits[hash % kDigits.size()];
  return result;
}

Result<TemplateContext> make_context(const Conversation& conversation, const RenderOptions& options,
                                     const TemplateFacts& facts, const std::string& bos_text,
                                     const std::string& eos_text) {
  Result<Json> kwargs = option_json(options.template_kwargs, Json::value_t::object, "chat_template_kwargs");
  if (!kwargs) return std::unexpected(std::move(kwargs.error()));
  Result<Json> tools = tools_json(options.tools, facts);
  if (!tools) return std::unexpected(std::move(tools.error()));

  TemplateContext context;
  context.untrusted = kwargs->is_null() ? Json::object() : std::move(*kwargs);
  const Conversation merged = facts.supports_system ? Conversation{} : with_system_merged(conversation);
  const auto& messages = facts.supports_system ? conversation.messages : merged.messages;
  Json list = Json::array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Result<Json> message = message_json(messages[i], facts, i);
    if (!message) return std::unexpected(std::move(message.error()));
    list.push_back(std::move(*message));
  }
  context.untrusted["messages"] = std::move(list);
  context.untrusted["tools"] = tools->empty() ? Json() : std::move(*tools);
  if (!context.untrusted.contains("documents")) context.untrusted["documents"] = nullptr;
  context.trusted = {{"bos_token", bos_text},
                     {"eos_token", eos_text},
                     {"add_generation_prompt", options.add_generation_prompt}};
  if (options.enable_thinking) {
    context.trusted["enable_thinking"] = *options.enable_thinking;
    context.trusted["thinking"] = *options.enable_thinking;
  }
  return context;
}

}  // namespace minerva::chat
