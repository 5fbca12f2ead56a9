#pragma once
// A conversation as every HTTP dialect means it, before a model's template turns it into a prompt.
//
// Threads: plain values. JSON stands here as text, so that this header costs nothing to include; `ChatTemplate::render`
// reads it and names the field when it is not what it should be.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minerva::chat {

// `kDeveloper` is OpenAI's newer name for `kSystem`; templates see "system" for both.
enum class Role : std::uint8_t { kSystem, kDeveloper, kUser, kAssistant, kTool };

// "system", "developer", "user", "assistant", "tool".
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::optional<Role> role_from_name(std::string_view name);

// One call that the assistant made.
struct ToolCall {
  std::string id{};
  std::string name{};
  std::string arguments = "{}";  // JSON text of an object, as the model wrote it
};

// Text content arrives as one string: a dialect that has content parts joins its text parts with nothing between them.
struct ChatMessage {
  Role role = Role::kUser;
  std::string content{};
  std::string name{};                  // of the speaker, or of the tool that answered; empty: none
  std::string reasoning_content{};     // assistant only; empty: none
  std::vector<ToolCall> tool_calls{};  // assistant only
  std::string tool_call_id{};          // tool only: which call this answers; empty: none
};

// In order. When the last message is the assistant's, with content and without tool calls, the model continues it.
struct Conversation {
  std::vector<ChatMessage> messages{};
};

}  // namespace minerva::chat
