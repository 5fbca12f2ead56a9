#include "api/openai/streamed_answer.h"

#include <utility>
#include <variant>

namespace minerva::api::openai {

std::string StreamedAnswer::begin() const {
  std::string bytes;
  for (std::uint32_t choice = 0; choice < texts_.size(); ++choice)
    bytes += events_.role(choice, texts_[choice].may_call());
  return bytes;
}

std::string StreamedAnswer::take(const gateway::StreamEvent& event, const Card& card) {
  if (const auto* delta = std::get_if<gateway::TextDelta>(&event)) return take(*delta);
  if (const auto* finished = std::get_if<gateway::Finished>(&event)) return take(*finished, card);
  return take(std::get<Error>(event));
}

std::string StreamedAnswer::take(const gateway::TextDelta& delta) {
  return events_.deltas(delta.choice, texts_[delta.choice].feed(delta.text), delta.probabilities);
}

std::string StreamedAnswer::take(const gateway::Finished& finished, const Card& card) {
  AnswerText& text = texts_[finished.choice];
  const std::string rest = events_.deltas(finished.choice, text.finish(), {});
  finished_.push_back(finished.stats);
  if (finished_.size() < texts_.size()) return rest + events_.finish(finished, text.has_calls());
  return rest + events_.end(finished, text.has_calls(), finished_, card);
}

// What was held back of each choice is told: it is text that the model wrote.
std::string StreamedAnswer::take(const Error& error) {
  std::string bytes;
  for (std::uint32_t choice = 0; choice < texts_.size(); ++choice)
    bytes += events_.deltas(choice, texts_[choice].finish(), {});
  return bytes + error_event(error);
}

}  // namespace minerva::api::openai
