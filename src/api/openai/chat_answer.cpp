#include "api/openai/chat_answer.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "chat/tools/tool_call_ids.h"
#include "chat/tools/tool_call_parser.h"

namespace minerva::api::openai {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

void Answer::add(const std::vector<chat::ToolEvent>& events) {
  const Overloaded take{
      [this](const chat::ContentDelta& delta) { text += delta.text; },
      [this](const chat::CallStart& start) {
        calls.push_back({.id = start.id, .name = start.name, .arguments = ""});
      },
      [this](const chat::ArgumentsDelta& delta) { calls[delta.index].arguments += delta.text; },
  };
  for (const chat::ToolEvent& event : events) std::visit(take, event);
}

AnswerText::AnswerText(const ToolOffer& offer, const chat::ChatTemplate& chat_template,
                       const std::function<std::uint64_t()>& random) {
  if (offer.tools.empty()) return;
  const chat::ToolCallSyntax& syntax = chat_template.tool_syntax();
  parser_ = std::make_unique<chat::ToolCallParser>(
      syntax, chat::ToolCallParserOptions{
                  .tools = offer.names, .single = offer.single, .make_id = [ids = syntax.ids, random] {
                    return chat::make_tool_call_id(ids, random);
                  }});
}

AnswerText::~AnswerText() = default;
AnswerText::AnswerText(AnswerText&&) noexcept = default;

std::vector<chat::ToolEvent> AnswerText::feed(std::string_view text) {
  if (parser_) return parser_->feed(text);
  return {chat::ContentDelta{std::string(text)}};
}

std::vector<chat::ToolEvent> AnswerText::finish() {
  if (parser_) return parser_->finish();
  return {};
}

bool AnswerText::has_calls() const { return parser_ && parser_->n_calls() > 0; }

bool AnswerText::done() const { return parser_ && parser_->done(); }

std::vector<wire::ControlToken> call_markers(const ToolOffer& offer, const chat::ChatTemplate& chat_template,
                                             const std::vector<wire::ControlToken>& control_tokens) {
  std::vector<wire::ControlToken> markers;
  if (offer.tools.empty()) return markers;
  std::ranges::copy_if(control_tokens, std::back_inserter(markers), [&](const wire::ControlToken& token) {
    return chat::marks_calls(chat_template.tool_syntax(), token.text);
  });
  return markers;
}

}  // namespace minerva::api::openai
