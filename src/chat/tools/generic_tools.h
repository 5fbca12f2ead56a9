#pragma once
// Tools for templates that know nothing of them: told in the system message, calls written into the assistant's text,
// results handed over as a user's turn. The form is Hermes', the most widespread one.
//
// Threads: pure functions, but for the words of `texts`.

#include <string>

#include "base/error.h"
#include "chat/conversation.h"
#include "chat/tools/template_texts.h"
#include "chat/tools/tool_call_syntax.h"

namespace minerva::chat {

// Puts the description of `tools` (JSON text of an array, normalized; empty: none) and of how to call one in front of the
// conversation, in its first system message.
[[nodiscard]] Conversation with_tools_told(Conversation conversation, const std::string& tools,
                                           const ToolCallSyntax& syntax, TemplateTexts& texts);

// The conversation without calls and results: they become text. Results, and what the user says next, become one turn of
// the user, because many templates want roles in turn.
[[nodiscard]] Conversation with_calls_written(const Conversation& conversation, TemplateTexts& texts);

}  // namespace minerva::chat
