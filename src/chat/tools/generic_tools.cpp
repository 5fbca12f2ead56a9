#include "chat/tools/generic_tools.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace minerva::chat {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBetweenTexts = "\n\n";

bool is_system(const ChatMessage& message) {
  return message.role == Role::kSystem || message.role == Role::kDeveloper;
}

std::string result_text(const std::string& content, TemplateTexts& texts) {
  return texts.word_for("<tool_response>\n") + content + texts.word_for("\n</tool_response>");
}

// The generic syntax, with the call's own words as a message's.
std::string call_text(const ToolCall& call, TemplateTexts& texts) {
  const std::string name = Json(call.name).dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string arguments = call.arguments.empty() ? "{}" : call.arguments;
  return texts.word_for("<tool_call>\n") + R"({"name": )" + name + R"(, "arguments": )" + arguments + "}" +
         texts.word_for("\n</tool_call>");
}

}  // namespace

Conversation with_tools_told(Conversation conversation, const std::string& tools,
                             const ToolCallSyntax& syntax, TemplateTexts& texts) {
  std::string told = texts.word_for("You can call these tools:\n<tools>\n");
  for (const Json& tool : Json::parse(tools, nullptr, false))
    told += tool.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  told += texts.word_for(
      "</tools>\nCall one when it helps to answer. A call is written like this, with the tool's name for "
      "NAME and its "
      "arguments as JSON:\n" +
      write_call(syntax, "NAME", "{ARGUMENTS}", "ID"));
  auto& messages = conversation.messages;
  if (messages.empty() || !is_system(messages.front())) {
    messages.insert(messages.begin(), ChatMessage{.role = Role::kSystem, .content = std::move(told)});
  } else {
    std::string& content = messages.front().content;
    content = content.empty() ? std::move(told) : content + std::string(kBetweenTexts) + told;
  }
  return conversation;
}

Conversation with_calls_written(const Conversation& conversation, TemplateTexts& texts) {
  Conversation written;
  bool after_result = false;  // the last message is a turn of results
  for (const ChatMessage& message : conversation.messages) {
    ChatMessage plain = message;
    plain.tool_calls.clear();
    plain.tool_call_id.clear();
    for (const ToolCall& call : message.tool_calls) {
      if (!plain.content.empty()) plain.content += "\n";
      plain.content += call_text(call, texts);
    }
    const bool is_result = message.role == Role::kTool;
    if (is_result) plain = {.role = Role::kUser, .content = result_text(message.content, texts)};
    if (after_result && plain.role == Role::kUser) {
      std::string& turn = written.messages.back().content;
      turn += (is_result ? "\n" : kBetweenTexts);
      turn += plain.content;
    } else {
      written.messages.push_back(std::move(plain));
    }
    after_result = is_result;
  }
  return written;
}

}  // namespace minerva::chat
