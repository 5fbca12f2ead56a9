#pragma once
// Which variable a name means, decided once for a parsed template by jinja2's rules (its `idtracking`).
//
// Loops, macros, call, filter, with and set blocks open a scope; `if` does not. A name assigned in a scope is that
// scope's own from its entry on; it begins as a copy of the outer scope's value where there is one, as the context's
// where it is assigned only in a branch, and undefined otherwise. A name only read is the nearest outer scope's, or the
// context's.

#include "base/error.h"
#include "chat/jinja/ast.h"

namespace minerva::chat::jinja {

// Fills every VariableRef, Scope and slot number. kTemplateFailed where a loop's `loop` is assigned to.
[[nodiscard]] Status resolve_names(Program& program);

}  // namespace minerva::chat::jinja
