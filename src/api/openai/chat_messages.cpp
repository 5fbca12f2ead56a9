#include "api/openai/chat_messages.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

#include "api/parameter_parser.h"

namespace minerva::api::openai {
namespace {

// One part's text is added to `text`. A refusal is what an assistant said instead of an answer.
void read_part(const Json& part, const std::string& path, std::string& text, ParameterParser& message) {
  ParameterParser fields(part, path);
  std::string type;
  fields.text("type", type);
  if (!fields.failed() && type != "text" && type != "refusal") {
    fields.refuse("type", type.empty() ? fmt::format("{} is missing", fields.path_of("type"))
                                       : fmt::format("{} is \"{}\", but this model reads text only",
                                                     fields.path_of("type"), type));
  }
  if (fields.value(type) == nullptr) fields.refuse(type, fmt::format("{} is missing", fields.path_of(type)));
  std::string piece;
  fields.text(type, piece);
  text += piece;
  message.include(fields.status());
}

void read_content(ParameterParser& message, std::string& text) {
  const Json* given = message.value("content");
  if (given == nullptr) return;
  if (given->is_string()) {
    text = given->get<std::string>();
  } else if (given->is_array()) {
    if (given->empty())
      message.refuse("content", message.path_of("content") + " is an empty array; it needs a text part");
    for (std::size_t i = 0; i < given->size() && !message.failed(); ++i) {
      read_part((*given)[i], element_path(message.path_of("content"), i), text, message);
    }
  } else {
    message.mismatch("content", "a string or an array of text parts", *given);
  }
}

void read_tool_call(const Json& given, const std::string& path, chat::ToolCall& call,
                    ParameterParser& message) {
  ParameterParser fields(given, path);
  std::string type = "function";
  fields.choice("type", {"function"}, type);
  fields.text("id", call.id);
  const Json* function = fields.object("function");
  if (function == nullptr) {
    fields.refuse("function", fields.path_of("function") + " is missing");
  } else {
    ParameterParser inner(*function, fields.path_of("function"));
    inner.text("name", call.name);
    if (call.name.empty()) inner.refuse("name", inner.path_of("name") + " is missing");
    inner.text("arguments", call.arguments);
    fields.include(inner.status());
  }
  message.include(fields.status());
}

void read_assistant(ParameterParser& message, chat::ChatMessage& target) {
  if (message.value("function_call") != nullptr) {
    message.refuse("function_call",
                   message.path_of("function_call") + " is no longer understood; use tool_calls");
  }
  message.text("reasoning_content", target.reasoning_content);
  if (const Json* calls = message.array("tool_calls")) {
    for (std::size_t i = 0; i < calls->size() && !message.failed(); ++i) {
      target.tool_calls.emplace_back();
      read_tool_call((*calls)[i], element_path(message.path_of("tool_calls"), i), target.tool_calls.back(),
                     message);
    }
  }
  std::string refusal;
  message.text("refusal", refusal);
  if (target.content.empty()) target.content = refusal;
}

bool may_lack_content(const chat::ChatMessage& message) {
  return !message.content.empty() || !message.tool_calls.empty() || !message.reasoning_content.empty();
}

Result<chat::ChatMessage> read_message(const Json& given, const std::string& path) {
  ParameterParser fields(given, path);
  std::string role;
  fields.choice("role", {"system", "developer", "user", "assistant", "tool"}, role);
  if (role.empty()) {
    fields.refuse("role",
                  fields.path_of("role") + " is missing; it is system, developer, user, assistant or tool");
  }
  if (fields.failed()) return std::unexpected(fields.status().error());

  chat::ChatMessage message;
  message.role = chat::role_from_name(role).value_or(chat::Role::kUser);
  read_content(fields, message.content);
  fields.text("name", message.name);
  if (message.role == chat::Role::kAssistant) read_assistant(fields, message);
  if (message.role == chat::Role::kTool) fields.text("tool_call_id", message.tool_call_id);
  if (fields.value("content") == nullptr && !may_lack_content(message)) {
    fields.refuse("content",
                  fields.path_of("content") + " is missing; it is a string or an array of text parts");
  }
  if (fields.failed()) return std::unexpected(fields.status().error());
  return message;
}

}  // namespace

Result<chat::Conversation> read_messages(const Json& body) {
  ParameterParser fields(body, "");
  const Json* given = fields.array("messages");
  if (fields.failed()) return std::unexpected(fields.status().error());
  if (given == nullptr || given->empty()) {
    const std::string_view state = given == nullptr ? "missing" : "empty";
    return fail(
        ErrorCode::kInvalidRequest,
        fmt::format(
            "messages is {}; send at least one, such as {{\"role\": \"user\", \"content\": \"Hello\"}}",
            state),
        "messages");
  }
  if (given->size() > kMaxMessages) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("messages has {} entries; at most {} are allowed", given->size(), kMaxMessages),
                "messages");
  }
  chat::Conversation conversation;
  conversation.messages.reserve(given->size());
  for (std::size_t i = 0; i < given->size(); ++i) {
    auto message = read_message((*given)[i], element_path("messages", i));
    if (!message) return std::unexpected(std::move(message.error()));
    conversation.messages.push_back(std::move(*message));
  }
  return conversation;
}

}  // namespace minerva::api::openai
