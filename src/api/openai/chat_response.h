#pragma once
// An answer as OpenAI's clients read it: one object, or the events of a stream.
//
//   role ─► (text | call, arguments*)* ─► finish ─► usage (when asked for) ─► done
//
// An error after the first event is an event of its own, and the last. Threads: values and pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_text.h"
#include "api/openai/chat_answer.h"
#include "base/error.h"
#include "gateway/token_stream.h"
#include "wire/types.h"

namespace minerva::api::openai {

// The same on every chunk of an answer.
struct ChatHead {
  std::string id;            // "chatcmpl-…"
  std::int64_t created = 0;  // Unix seconds
  std::string model;
};

[[nodiscard]] ChatHead make_head(std::uint64_t random, std::int64_t created, std::string model);

using Card = std::optional<wire::ModelCard>;

[[nodiscard]] std::string completion_body(const ChatHead& head, const Answer& answer,
                                          const gateway::Finished& finished, const Card& card);

// Server-sent events, each whole with its empty line.
class ChatEvents {
 public:
  ChatEvents(ChatHead head, bool include_usage) : head_(std::move(head)), include_usage_(include_usage) {}

  // An answer that may have calls may have no text: its content begins as null.
  [[nodiscard]] std::string role(bool may_call) const;
  // An event each; nothing for none. The probabilities, of the tokens that came, go with the first.
  [[nodiscard]] std::string deltas(const std::vector<chat::ToolEvent>& events,
                                   const std::vector<wire::TokenProbabilities>& probabilities) const;
  // The chunk with the reason and the timings, the usage chunk when asked for, and "[DONE]".
  [[nodiscard]] std::string end(const gateway::Finished& finished, bool has_calls, const Card& card) const;

 private:
  [[nodiscard]] Json chunk(Json delta, Json finish_reason, Json logprobs) const;

  ChatHead head_;
  bool include_usage_;
};

[[nodiscard]] std::string error_event(const Error& error);

// A comment, which parsers of events skip: it shows that the server is there.
inline constexpr std::string_view kKeepAlive = ": keep-alive\n\n";

}  // namespace minerva::api::openai
