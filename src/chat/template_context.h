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

// The tools as templates take them, as JSON text of an array: each with parameters, and with a description where `facts`
// says that it is needed. Empty for none. kInvalidRequest naming `tools` when the text is no JSON array.
[[nodiscard]] Result<std::string> normalized_tools(const std::string& tools, const TemplateFacts& facts);

// kInvalidRequest naming the first call of which the arguments are not the JSON text of an object.
[[nodiscard]] Status check_arguments(const Conversation& conversation);

// Nine letters and digits that stand for a tool call id; an id that is of this form already is kept.
[[nodiscard]] std::string short_tool_call_id(const std::string& id);

}  // namespace minerva::chat
