#pragma once
// Tokens to a Program, by jinja2's grammar: its statements, its operator precedences, its refusals.

#include "base/error.h"
#include "chat/jinja/ast.h"
#include "chat/jinja/lexer.h"
#include "chat/jinja/limits.h"

namespace minerva::chat::jinja {

// Names are not resolved yet. kTemplateFailed, naming line and column.
[[nodiscard]] Result<Program> parse(std::vector<Token> tokens, const Limits& limits);

}  // namespace minerva::chat::jinja
