#include "chat/tools/tool_call_syntax.h"

#include <algorithm>

#include "chat/tools/marker.h"

namespace minerva::chat {
namespace {

std::string filled(std::string_view piece, std::string_view id) {
  std::string text;
  for (const char c : piece) {
    if (c == kIdHole) {
      text += id;
    } else {
      text += c == kIndexHole ? '0' : c;
    }
  }
  return text;
}

}  // namespace

ToolCallSyntax generic_syntax() {
  return {.open = "<tool_call>\n",
          .head = R"({"name": ")",
          .middle = R"(", "arguments": )",
          .tail = "}",
          .between = "\n</tool_call>\n<tool_call>\n",
          .closes = {"\n</tool_call>"},
          .wrapper_key = {},
          .id_lead = {}};
}

std::string write_call(const ToolCallSyntax& syntax, std::string_view name, std::string_view arguments,
                       std::string_view id) {
  std::string text = filled(syntax.open + syntax.head, id);
  text += syntax.arguments_first ? arguments : name;
  text += filled(syntax.middle, id);
  text += syntax.arguments_first ? name : arguments;
  text += filled(syntax.tail, id);
  if (!syntax.closes.empty()) text += filled(syntax.closes.back(), id);
  return text;
}

bool marks_calls(const ToolCallSyntax& syntax, std::string_view text) {
  const auto has = [text](const std::string& piece) { return piece.contains(text); };
  return has(syntax.open) || has(syntax.head) || has(syntax.middle) || has(syntax.tail) ||
         has(syntax.between) || std::ranges::any_of(syntax.closes, has);
}

}  // namespace minerva::chat
