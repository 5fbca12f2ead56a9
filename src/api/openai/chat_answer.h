#pragma once
// An answer while it comes: its text, and where the request offered tools, the calls in it.
//
// Threads: the I/O thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/openai/chat_tools.h"
#include "chat/chat_template.h"
#include "chat/conversation.h"
#include "chat/tools/tool_event.h"
#include "wire/types.h"

namespace minerva::chat {
class ToolCallParser;
}

namespace minerva::api::openai {

// The whole of it.
struct Answer {
  std::string text{};
  std::vector<chat::ToolCall> calls{};
  std::vector<wire::TokenProbabilities> probabilities{};

  void add(const std::vector<chat::ToolEvent>& events);
};

class AnswerText {
 public:
  // Without tools all text is content. `random` makes the calls' ids.
  AnswerText(const ToolOffer& offer, const chat::ChatTemplate& chat_template,
             const std::function<std::uint64_t()>& random);
  ~AnswerText();
  AnswerText(AnswerText&&) noexcept;
  AnswerText& operator=(AnswerText&&) = delete;

  [[nodiscard]] std::vector<chat::ToolEvent> feed(std::string_view text);
  [[nodiscard]] std::vector<chat::ToolEvent> finish();

  // The answer may have calls.
  [[nodiscard]] bool may_call() const { return parser_ != nullptr; }
  // It has some.
  [[nodiscard]] bool has_calls() const;
  // Nothing that still comes counts: the generation can end.
  [[nodiscard]] bool done() const;

 private:
  std::unique_ptr<chat::ToolCallParser> parser_;  // null: no tools
};

// Of the model's control tokens, those that stand around its calls: the parser must see them. None without tools.
[[nodiscard]] std::vector<wire::ControlToken> call_markers(
    const ToolOffer& offer, const chat::ChatTemplate& chat_template,
    const std::vector<wire::ControlToken>& control_tokens);

}  // namespace minerva::api::openai
