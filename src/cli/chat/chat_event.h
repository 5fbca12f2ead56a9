#pragma once
// One line of a streamed answer of /v1/chat/completions, understood.
//
// Threads: pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace minerva::cli {

struct AnswerStats {
  std::uint32_t n_prompt = 0;
  std::uint32_t n_cached = 0;
  std::uint32_t n_generated = 0;
  double prompt_ms = 0.0;
  double decode_ms = 0.0;
  double tokens_per_second = 0.0;
};

struct AnswerText {
  std::string text;
};
struct AnswerEnd {
  std::string finish_reason;  // "stop", "length"
  std::optional<AnswerStats> stats;
};
// The server's "[DONE]"; comments, empty lines and events without news are Nothing.
struct AnswerDone {};
struct Nothing {};

using ChatEvent = std::variant<Nothing, AnswerText, AnswerEnd, AnswerDone, Error>;

// An Error event carries the code that the server named; kInternal for what is no event of this protocol.
[[nodiscard]] ChatEvent parse_chat_line(std::string_view line);

// The error in the body of an answer that is not 200.
[[nodiscard]] Error parse_error_body(int status, const std::string& body);

}  // namespace minerva::cli
