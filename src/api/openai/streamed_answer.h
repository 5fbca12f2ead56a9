#pragma once
// An answer that is sent as it comes: the events of its choices to the bytes that tell the client.
//
// Threads: the I/O thread.

#include <cstdint>
#include <string>
#include <vector>

#include "api/openai/chat_answer.h"
#include "api/openai/chat_response.h"
#include "gateway/token_stream.h"
#include "wire/types.h"

namespace minerva::api::openai {

class StreamedAnswer {
 public:
  // `texts`: one a choice.
  StreamedAnswer(ChatEvents events, std::vector<AnswerText> texts)
      : events_(std::move(events)), texts_(std::move(texts)) {}

  // Before anything has come.
  [[nodiscard]] std::string begin() const;

  // Empty while text is held back. The last event's end the stream, and only they tell of the card.
  [[nodiscard]] std::string take(const gateway::StreamEvent& event, const Card& card);

  // Nothing that still comes of this choice counts.
  [[nodiscard]] bool is_complete(std::uint32_t choice) const { return texts_[choice].done(); }

 private:
  [[nodiscard]] std::string take(const gateway::TextDelta& delta);
  [[nodiscard]] std::string take(const gateway::Finished& finished, const Card& card);
  [[nodiscard]] std::string take(const Error& error);

  ChatEvents events_;
  std::vector<AnswerText> texts_;
  std::vector<wire::GenerationStats> finished_;  // of the choices that ended
};

}  // namespace minerva::api::openai
