#pragma once
// An answer that is sent as one object: what comes of its choices is kept until the last has ended.
//
// Threads: the I/O thread.

#include <cstdint>
#include <string>
#include <vector>

#include "api/openai/chat_answer.h"
#include "api/openai/chat_response.h"
#include "gateway/token_stream.h"

namespace minerva::api::openai {

class WholeAnswer {
 public:
  // `texts`: one a choice.
  explicit WholeAnswer(std::vector<AnswerText> texts) : texts_(std::move(texts)), choices_(texts_.size()) {}

  // Not an error, after which there is no answer.
  void take(const gateway::StreamEvent& event);

  // Nothing that still comes of this choice counts.
  [[nodiscard]] bool is_complete(std::uint32_t choice) const { return texts_[choice].done(); }

  // Times that the request went on with another worker, so far.
  [[nodiscard]] std::uint32_t n_recoveries() const;

  // Once all choices finished.
  [[nodiscard]] std::string body(const ChatHead& head, const Card& card) const {
    return completion_body(head, choices_, card);
  }

 private:
  void take(const gateway::TextDelta& delta);
  void take(const gateway::Finished& finished);

  std::vector<AnswerText> texts_;
  std::vector<Choice> choices_;
};

}  // namespace minerva::api::openai
