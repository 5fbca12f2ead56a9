#pragma once
// An answer as OpenAI's clients read it: one object, or the events of a stream.
//
//   role of each choice ─► (text | call, arguments* | finish of a choice)* ─► usage (when asked for) ─► done
//
// An error after the first event is an event of its own, and the last. Threads: values and pure functions.

#include <cstdint>
#include <optional>
#include <span>
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

// A choice that has come to its end.
struct Choice {
  Answer answer;
  gateway::Finished finished;
};

// The choices in order.
[[nodiscard]] std::string completion_body(const ChatHead& head, std::span<const Choice> choices,
                                          const Card& card);

// Server-sent events, each whole with its empty line.
class ChatEvents {
 public:
  ChatEvents(ChatHead head, bool include_usage) : head_(std::move(head)), include_usage_(include_usage) {}

  // An answer that may have calls may have no text: its content begins as null.
  [[nodiscard]] std::string role(std::uint32_t choice, bool may_call) const;
  // An event each; nothing for none. The probabilities, of the tokens that came, go with the first.
  [[nodiscard]] std::string deltas(std::uint32_t choice, const std::vector<chat::ToolEvent>& events,
                                   const std::vector<wire::TokenProbabilities>& probabilities) const;
  // The chunk with the reason, of a choice beside which others go on.
  [[nodiscard]] std::string finish(const gateway::Finished& finished, bool has_calls) const;
  // Of the last one: its chunk has the timings of all too. Then the usage chunk when asked for, and "[DONE]".
  [[nodiscard]] std::string end(const gateway::Finished& last, bool has_calls,
                                std::span<const wire::GenerationStats> all, const Card& card) const;

 private:
  [[nodiscard]] Json chunk(std::uint32_t choice, Json delta, Json finish_reason, Json logprobs) const;

  ChatHead head_;
  bool include_usage_;
};

[[nodiscard]] std::string error_event(const Error& error);

// A comment, which parsers of events skip: it shows that the server is there.
inline constexpr std::string_view kKeepAlive = ": keep-alive\n\n";

}  // namespace minerva::api::openai
