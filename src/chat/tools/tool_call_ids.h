#pragma once
// Ids for calls to which the model gives none.
//
// Threads: as `random`'s.

#include <cstdint>
#include <functional>
#include <string>

#include "chat/tools/tool_call_syntax.h"

namespace minerva::chat {

// "call_" and 24 letters and digits; nine of them alone where the template wants that.
[[nodiscard]] std::string make_tool_call_id(ToolCallSyntax::Ids ids,
                                            const std::function<std::uint64_t()>& random);

}  // namespace minerva::chat
