#pragma once
// What a template does with a conversation, found by rendering small ones.

#include <string>

#include "chat/chat_template.h"
#include "chat/jinja/template.h"

namespace minerva::chat {

[[nodiscard]] TemplateFacts probe(const jinja::Template& parsed, const std::string& bos_text,
                                  const std::string& eos_text);

}  // namespace minerva::chat
