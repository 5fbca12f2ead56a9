#include "engine/sequence.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace minerva::engine {

SequenceState transition(SequenceState state, SequenceInput input) {
  switch (input) {
    case SequenceInput::kStart:
      assert(state == SequenceState::kWaiting && "only a waiting sequence starts");
      return SequenceState::kPrefill;
    case SequenceInput::kCaughtUp:
      assert(state == SequenceState::kPrefill && "only a prompt can be caught up with");
      return SequenceState::kDecode;
    case SequenceInput::kKvLost:
      assert((state == SequenceState::kPrefill || state == SequenceState::kDecode) &&
             "only a running one has KV");
      return SequenceState::kPrefill;
    case SequenceInput::kSetAside:
      assert((state == SequenceState::kPrefill || state == SequenceState::kDecode) &&
             "only a running one holds a slot");
      return SequenceState::kWaiting;
    case SequenceInput::kEnd:
      assert(state != SequenceState::kEnded && "a sequence ends once");
      return SequenceState::kEnded;
  }
  std::unreachable();
}

Sequence::Sequence(wire::GenerationSpec spec, std::vector<inference::Token> prompt, Time arrived)
    : spec_{std::move(spec)}, tokens_{std::move(prompt)}, stops_{spec_.stop}, arrived_{arrived} {
  stats.n_prompt = n_tokens();
}

inference::StopMatcher::Outcome Sequence::take(inference::Token token, std::string_view piece) {
  tokens_.push_back(token);
  stats.n_generated = n_generated();
  return stops_.feed(assembler_.feed(piece));
}

void Sequence::go_on_from(const wire::GenerationStats& before, Time now) {
  const std::uint32_t n_prompt = stats.n_prompt;
  stats = before;
  stats.n_prompt = n_prompt;
  stats.n_generated = n_generated();
  const auto ago = [now](std::uint64_t us) { return now - Time{us}; };
  if (n_generated() == 0) {
    arrived_ = ago(before.queue_us);
    return;
  }
  first_token_ = ago(before.decode_us);
  first_step_ = *first_token_ - Time{before.prefill_us};
}

std::uint32_t Sequence::n_allowed(std::uint32_t n_context) const {
  const std::uint32_t n_room = n_context - n_tokens();
  return spec_.max_tokens > 0 ? std::min(n_room, spec_.max_tokens - n_generated()) : n_room;
}

std::uint32_t Sequence::n_to_checkpoint(std::uint32_t n) const {
  const auto next = checkpoints.upper_bound(n_computed);
  return next == checkpoints.end() ? n : std::min(n, *next - n_computed);
}

std::string Sequence::rest_of_text() {
  auto last = stops_.feed(assembler_.finish());
  return last.stop ? last.text : last.text + stops_.finish();
}

std::optional<wire::GenerationStats> Sequence::news() {
  const auto told_by_itself = [](const wire::GenerationStats& s) {
    return std::tuple{s.n_drafted, s.n_accepted, s.n_preempted, s.n_resumed};
  };
  if (told_ && told_by_itself(*told_) == told_by_itself(stats)) return std::nullopt;
  return told_ = stats;
}

void Sequence::note_first_step(Time now) {
  if (first_step_) return;
  first_step_ = now;
  stats.queue_us = static_cast<std::uint64_t>((now - arrived_).count());
}

void Sequence::note_token(Time now) {
  if (!first_token_) {
    first_token_ = now;
    stats.prefill_us = static_cast<std::uint64_t>((now - first_step_.value_or(now)).count());
  }
  stats.decode_us = static_cast<std::uint64_t>((now - *first_token_).count());
}

}  // namespace minerva::engine
