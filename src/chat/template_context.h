#pragma once
// A conversation as the variables that chat templates expect, in the shapes that transformers passes.

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "chat/chat_template.h"
#include "chat/conversation.h"

namespace minerva::chat {

struct TemplateContext {
  nlohmann::ordered_json untrusted;
  nlohmann::ordered_json trusted;
};

// Applies what `facts` says the template needs. kInvalidRequest as in chat_template.h.
[[nodiscard]] Result<TemplateContext> make_context(const Conversation& conversation,
                                                   const RenderOptions& options, const TemplateFacts& facts,
                                                   const std::string& bos_text, const std::string& eos_text);

// Nine letters and digits that stand for a tool call id; an id that is of this form already is kept.
[[nodiscard]] std::string short_tool_call_id(const std::string& id);

}  // namespace minerva::chat
