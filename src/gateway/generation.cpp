#include "gateway/generation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

namespace minerva::gateway {

namespace {

std::uint64_t microseconds_between(Clock::time_point from, Clock::time_point to) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(to - from);
  return static_cast<std::uint64_t>(std::max(time.count(), std::chrono::microseconds::rep{0}));
}

}  // namespace

Generation::Generation(std::shared_ptr<Wakeup> changed, wire::GenerationSpec spec,
                       std::function<void(Generation&)> on_cancel,
                       std::vector<wire::ControlToken> shown_tokens)
    : spec_(std::move(spec)),
      on_cancel_(std::move(on_cancel)),
      shown_tokens_(std::move(shown_tokens)),
      changed_(std::move(changed)) {
  times_.created = Clock::now();
}

Generation::~Generation() { assert(ending_ && "a generation was dropped without its terminal event"); }

void Generation::mark_sent() {
  assert(state_ == GenerationState::kQueued && "a generation is with one worker at a time");
  state_ = GenerationState::kSent;
  n_tokens_when_sent_ = tokens_.size();
  if (times_.sent == Clock::time_point{}) times_.sent = Clock::now();
}

void Generation::mark_lost() {
  assert(is_in_worker() && "only what a worker has can be lost with it");
  state_ = GenerationState::kQueued;
  ++n_resumed_;
}

// The stats as the next worker takes them up: the time that runs now has begun then and then.
std::optional<wire::Resumption> Generation::resumption() const {
  if (!was_accepted()) return std::nullopt;
  wire::GenerationStats stats = stats_.value_or(wire::GenerationStats{});
  stats.n_resumed = n_resumed_;
  const bool has_begun = !tokens_.empty();
  const auto since = microseconds_between(has_begun ? times_.first_token : times_.sent, Clock::now());
  (has_begun ? stats.decode_us : stats.queue_us) = since;
  return wire::Resumption{.prompt = prompt_, .generated = tokens_, .sampler = sampler_, .stats = stats};
}

Status Generation::accept(std::vector<wire::Token> prompt) {
  if (state_ != GenerationState::kSent) {
    return minerva::fail(ErrorCode::kInternal,
                         fmt::format("request {} was accepted when that was not due", id()));
  }
  if (was_accepted() && prompt != prompt_) {
    return minerva::fail(ErrorCode::kInternal, fmt::format("request {} came back as another one", id()));
  }
  state_ = GenerationState::kAccepted;
  if (was_accepted()) return {};
  times_.accepted = Clock::now();
  prompt_ = std::move(prompt);
  changed_->notify();
  return {};
}

Status Generation::append(const std::vector<wire::Token>& tokens, std::string_view text,
                          std::vector<wire::TokenProbabilities> probabilities) {
  if (state_ != GenerationState::kAccepted) {
    return minerva::fail(ErrorCode::kInternal,
                         fmt::format("text came for request {} when it was not running", id()));
  }
  if (!tokens.empty()) {
    times_.last_token = Clock::now();
    if (tokens_.empty()) times_.first_token = times_.last_token;
  }
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  std::ranges::move(probabilities, std::back_inserter(probabilities_));
  const std::size_t n_before = text_.size();
  text_ += text;
  for (const wire::Token token : tokens) {
    const auto shown = std::ranges::find(shown_tokens_, token, &wire::ControlToken::token);
    if (shown != shown_tokens_.end()) text_ += shown->text;
  }
  if (text_.size() > n_before) changed_->notify();
  return {};
}

Status Generation::finish(Finished finished) {
  if (state_ != GenerationState::kAccepted) {
    return minerva::fail(ErrorCode::kInternal,
                         fmt::format("request {} was finished when it was not running", id()));
  }
  stats_ = finished.stats;
  end(std::move(finished));
  return {};
}

void Generation::fail(Error error) { end(std::move(error)); }

void Generation::cancel() {
  end_by_consumer(Error{
      .code = ErrorCode::kCancelled, .message = "the request was cancelled by its client", .field = {}});
}

void Generation::end_early() {
  end_by_consumer(Finished{.reason = wire::FinishReason::kStop, .stop_text = {}, .stats = stats_so_far()});
}

void Generation::end_by_consumer(Ending ending) {
  if (ending_) return;
  const auto tell = std::move(on_cancel_);
  n_text_taken_ = text_.size();
  n_tokens_taken_ = tokens_.size();
  probabilities_.clear();
  end(std::move(ending));
  tell(*this);
}

wire::GenerationStats Generation::stats_so_far() const {
  wire::GenerationStats stats = stats_.value_or(wire::GenerationStats{});
  stats.n_prompt = static_cast<std::uint32_t>(prompt_.size());
  stats.n_generated = static_cast<std::uint32_t>(tokens_.size());
  stats.decode_us = microseconds_between(times_.first_token, times_.last_token);
  return stats;
}

void Generation::end(Ending ending) {
  assert(!ending_ && "a generation has one terminal event");
  ending_ = std::move(ending);
  state_ = GenerationState::kEnded;
  times_.ended = Clock::now();
  on_cancel_ = nullptr;
  changed_->notify();
}

TextDelta Generation::take_text() {
  TextDelta delta{.text = text_.substr(n_text_taken_),
                  .n_tokens = static_cast<std::uint32_t>(tokens_.size() - n_tokens_taken_),
                  .probabilities = std::exchange(probabilities_, {})};
  n_text_taken_ = text_.size();
  n_tokens_taken_ = tokens_.size();
  return delta;
}

std::optional<StreamEvent> Generation::take() {
  assert(!ending_taken_ && "nothing comes after the terminal event");
  const bool has_text = n_text_taken_ < text_.size();
  if (has_text || (ending_ && !probabilities_.empty())) return take_text();
  if (!ending_) return std::nullopt;
  ending_taken_ = true;
  return std::visit([](const auto& ending) { return StreamEvent{ending}; }, *ending_);
}

}  // namespace minerva::gateway
