#include "ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace minerva::simulation {

Answer answer_alone(const Request& request, const support::NextToken& next, std::uint32_t n_context) {
  Answer answer;
  std::vector<wire::Token> tokens = request.prompt;
  while (true) {
    wire::Token token = next(tokens);
    if (token == support::kEndToken && request.spec.ignore_eos) token = support::byte_token('.');
    tokens.push_back(token);
    answer.tokens.push_back(token);
    answer.text += support::text_of(token);
    if (token == support::kEndToken) {
      answer.reason = wire::FinishReason::kStop;
      return answer;
    }
    for (const std::string& stop : request.spec.stop) {
      const auto at = answer.text.find(stop);
      if (at == std::string::npos) continue;
      answer.text.resize(at);
      answer.reason = wire::FinishReason::kStop;
      answer.stop_text = stop;
      return answer;
    }
    if (answer.tokens.size() == request.spec.max_tokens || tokens.size() >= n_context) return answer;
  }
}

void Ledger::submitted(Request request, std::uint64_t step) {
  const std::uint64_t id = request.spec.id;
  open_.emplace(id, Entry{.request = std::move(request), .submitted_in = step, .answer = {}, .text = {}});
}

void Ledger::left(std::uint64_t id) {
  if (const auto it = open_.find(id); it != open_.end()) it->second.is_left = true;
}

std::optional<Ledger::Entry> Ledger::note(const wire::SequenceEvent& event, std::uint64_t step) {
  const std::uint64_t id = std::visit([](const auto& value) { return value.id; }, event);
  const auto it = open_.find(id);
  if (it == open_.end()) {
    ADD_FAILURE() << "an event for request " << id << ", which has ended or never was";
    return std::nullopt;
  }
  std::visit([&](const auto& value) { on(it->second, value, step); }, event);
  const bool ends = std::holds_alternative<wire::SequenceFinished>(event) ||
                    std::holds_alternative<wire::SequenceFailed>(event);
  if (!ends) return std::nullopt;
  most_steps_open_ = std::max(most_steps_open_, step - it->second.submitted_in);
  Entry entry = std::move(it->second);
  open_.erase(it);
  return entry;
}

void Ledger::on(Entry& entry, const wire::SequenceAccepted& event, std::uint64_t /*step*/) {
  EXPECT_FALSE(entry.accepted) << event.id << " is accepted twice";
  EXPECT_EQ(event.prompt, entry.request.prompt) << event.id;
  entry.accepted = true;
}

void Ledger::on(Entry& entry, const wire::SequenceText& event, std::uint64_t step) {
  EXPECT_TRUE(entry.accepted) << event.id << " has text before it is accepted";
  if (entry.last_token_in > 0)
    most_steps_between_tokens_ = std::max(most_steps_between_tokens_, step - entry.last_token_in);
  entry.last_token_in = step;
  entry.answer.insert(entry.answer.end(), event.tokens.begin(), event.tokens.end());
  entry.text += event.text;
}

void Ledger::on(Entry& entry, const wire::SequenceFinished& event, std::uint64_t /*step*/) {
  EXPECT_TRUE(entry.accepted) << event.id;
  EXPECT_FALSE(entry.request.is_flawed) << event.id << " should have been refused";
  const Answer alone = answer_alone(entry.request, rules_.next, rules_.n_context);
  EXPECT_EQ(entry.answer, alone.tokens) << event.id;
  EXPECT_EQ(entry.text, alone.text) << event.id;
  EXPECT_EQ(event.reason, alone.reason) << event.id;
  EXPECT_EQ(event.stop_text, alone.stop_text) << event.id;
  EXPECT_EQ(event.stats.n_prompt, entry.request.prompt.size()) << event.id;
  EXPECT_EQ(event.stats.n_generated, entry.answer.size()) << event.id;
  EXPECT_LT(event.stats.n_cached, event.stats.n_prompt) << event.id;
  EXPECT_LE(event.stats.n_accepted, event.stats.n_drafted) << event.id;
  n_drafts_accepted_ += event.stats.n_accepted;
  n_cached_ += event.stats.n_cached;
  ++n_finished_;
}

void Ledger::on(Entry& entry, const wire::SequenceFailed& event, std::uint64_t /*step*/) {
  ++n_failed_;
  const Answer alone = answer_alone(entry.request, rules_.next, rules_.n_context);
  EXPECT_TRUE(std::ranges::equal(
      entry.answer, std::span{alone.tokens}.first(std::min(entry.answer.size(), alone.tokens.size()))))
      << event.id;
  EXPECT_TRUE(alone.text.starts_with(entry.text)) << event.id;
  switch (event.error.code) {
    case ErrorCode::kCancelled: EXPECT_TRUE(entry.is_left) << event.id << " was not cancelled"; return;
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kContextOverflow:
      EXPECT_TRUE(entry.request.is_flawed) << event.id << ": " << event.error.message;
      EXPECT_TRUE(entry.answer.empty()) << event.id;
      return;
    case ErrorCode::kOutOfMemory:
      EXPECT_TRUE(rules_.may_run_out) << event.id << ": " << event.error.message;
      return;
    default:
      EXPECT_TRUE(rules_.may_fail) << event.id << ": " << event.error.message;
      EXPECT_TRUE(faults_told_.insert(event.error.message).second)
          << event.error.message << " is told to a second request, " << event.id;
  }
}

}  // namespace minerva::simulation
