#pragma once
// The tools that a chat request offers, and how the model may use them.
//
// Threads: pure function. Errors: in the parser, naming the field ("tools[1].function.name").

#include <string>
#include <vector>

#include "api/parameter_parser.h"

namespace minerva::api::openai {

inline constexpr std::size_t kMaxTools = 128;          // OpenAI's
inline constexpr std::size_t kMaxToolNameLength = 64;  // OpenAI's

struct ToolOffer {
  std::string tools{};               // JSON text for the template; empty: none are offered
  std::vector<std::string> names{};  // of these tools
  bool single = false;               // at most one call
};

// `tools`, `tool_choice` and `parallel_tool_calls` of the request's object. What is offered with a `tool_choice` of "none"
// is checked and left out.
[[nodiscard]] ToolOffer read_tools(ParameterParser& body);

}  // namespace minerva::api::openai
