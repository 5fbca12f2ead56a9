#pragma once
// Finds out from a template how its model writes tool calls: renders probe conversations with known calls (two names, two
// sets of arguments, one call and two) and takes what differs and what stays.
//
// Threads: pure function, given that `render` is one.

#include <functional>
#include <optional>
#include <string>

#include "chat/chat_template.h"
#include "chat/conversation.h"
#include "chat/tools/tool_call_syntax.h"

namespace minerva::chat {

// The text of a conversation; nothing where the template refuses it.
using ProbeRender = std::function<std::optional<std::string>(const Conversation&, const RenderOptions&)>;

// Nothing when the calls do not show, or not as a name with JSON arguments and fixed text around them.
[[nodiscard]] std::optional<ToolCallSyntax> find_syntax(const ProbeRender& render,
                                                        const TemplateFacts& facts);

}  // namespace minerva::chat
