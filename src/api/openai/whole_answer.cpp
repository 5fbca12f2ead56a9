#include "api/openai/whole_answer.h"

#include <algorithm>
#include <iterator>
#include <variant>

namespace minerva::api::openai {

void WholeAnswer::take(const gateway::StreamEvent& event) {
  if (const auto* delta = std::get_if<gateway::TextDelta>(&event)) return take(*delta);
  take(std::get<gateway::Finished>(event));
}

std::uint32_t WholeAnswer::n_recoveries() const {
  std::uint32_t most = 0;
  for (const Choice& choice : choices_) most = std::max(most, choice.finished.stats.n_resumed);
  return most;
}

void WholeAnswer::take(const gateway::TextDelta& delta) {
  Answer& answer = choices_[delta.choice].answer;
  answer.add(texts_[delta.choice].feed(delta.text));
  std::ranges::copy(delta.probabilities, std::back_inserter(answer.probabilities));
}

void WholeAnswer::take(const gateway::Finished& finished) {
  choices_[finished.choice].answer.add(texts_[finished.choice].finish());
  choices_[finished.choice].finished = finished;
}

}  // namespace minerva::api::openai
