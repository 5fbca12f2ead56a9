#pragma once
// The record of one accepted request: what was asked, and everything that was answered so far. A request can be carried
// to another worker from here alone, because nothing that a continuation needs lives in the worker: the specification
// with its seed, the prompt as the model's tokens, every token, and all text (so many bytes are out already).
//
// It is also the channel to its one consumer: text waits here until it is taken, the end waits behind the text, and the
// consumer is woken for both.
//
// Threads: the gateway's I/O thread. Owned together by the gateway (until the end) and the consumer's Choices.
//
//   kQueued ──Submit──► kSent ──SequenceAccepted──► kAccepted ──finished──► kEnded
//    │   ▲                │                             │                     ▲
//    │   └────────────────┴── the worker is gone ───────┤                     │
//    └────────────────────┴───── failed, cancelled ─────┴─────────────────────┘

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "gateway/token_stream.h"
#include "gateway/wakeup.h"
#include "wire/types.h"

namespace minerva::gateway {

enum class GenerationState : std::uint8_t { kQueued, kSent, kAccepted, kEnded };

// Each is set once, when it happens first; the clock's epoch until then. Only the last token's moves on.
struct GenerationTimes {
  Clock::time_point created;
  Clock::time_point sent;
  Clock::time_point accepted;
  Clock::time_point first_token;
  Clock::time_point last_token;
  Clock::time_point ended;
};

using Ending = std::variant<Finished, Error>;

class Generation {
 public:
  // `changed` wakes the consumer; choices of one request share it. `on_cancel` is called once when the consumer ends the generation before the worker does; not after any other end.
  // The texts of `shown_tokens` become part of the answer's.
  Generation(std::shared_ptr<Wakeup> changed, wire::GenerationSpec spec,
             std::function<void(Generation&)> on_cancel, std::vector<wire::ControlToken> shown_tokens = {});
  ~Generation();
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  [[nodiscard]] std::uint64_t id() const { return spec_.id; }
  [[nodiscard]] const wire::GenerationSpec& spec() const { return spec_; }
  [[nodiscard]] GenerationState state() const { return state_; }
  [[nodiscard]] const GenerationTimes& times() const { return times_; }
  [[nodiscard]] const std::vector<wire::Token>& prompt() const { return prompt_; }
  [[nodiscard]] const std::vector<wire::Token>& tokens() const { return tokens_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::optional<Ending>& ending() const { return ending_; }
  // What the engine said last of what the request took; nothing before its first token.
  [[nodiscard]] const std::optional<wire::GenerationStats>& stats() const { return stats_; }
  // A worker has it, whatever it has done with it.
  [[nodiscard]] bool is_in_worker() const {
    return state_ == GenerationState::kSent || state_ == GenerationState::kAccepted;
  }
  // It got a token from the worker that has it, or had it last.
  [[nodiscard]] bool has_progressed() const { return tokens_.size() > n_tokens_when_sent_; }
  // What the next worker has to know; nothing when no worker has accepted it yet.
  [[nodiscard]] std::optional<wire::Resumption> resumption() const;
  [[nodiscard]] bool was_accepted() const { return times_.accepted != Clock::time_point{}; }

  // --- the worker's side. An event out of order is refused: the worker broke the protocol. No event after the end.

  void mark_sent();
  // Its worker is gone; it waits for the next one.
  void mark_lost();
  [[nodiscard]] Status accept(std::vector<wire::Token> prompt);
  [[nodiscard]] Status append(const std::vector<wire::Token>& tokens, std::string_view text,
                              std::vector<wire::TokenProbabilities> probabilities = {});
  void note_sampler(wire::SamplerMemory memory) { sampler_ = std::move(memory); }
  void note_stats(const wire::GenerationStats& stats) { stats_ = stats; }
  [[nodiscard]] Status finish(Finished finished);
  void fail(Error error);

  // --- the consumer's side; see TokenStream

  // What is there now, if anything is; not to be called again after the end.
  [[nodiscard]] std::optional<StreamEvent> take();
  [[nodiscard]] bool end_was_taken() const { return ending_taken_; }
  void end_early();
  void cancel();

 private:
  void end(Ending ending);
  void end_by_consumer(Ending ending);
  [[nodiscard]] wire::GenerationStats stats_so_far() const;
  [[nodiscard]] TextDelta take_text();

  wire::GenerationSpec spec_;
  std::function<void(Generation&)> on_cancel_;
  std::vector<wire::ControlToken> shown_tokens_;
  GenerationState state_ = GenerationState::kQueued;
  GenerationTimes times_;
  std::vector<wire::Token> prompt_;
  std::vector<wire::Token> tokens_;
  std::string text_;
  std::vector<wire::TokenProbabilities> probabilities_;  // that the consumer has not taken
  std::optional<Ending> ending_;
  std::optional<wire::GenerationStats> stats_;
  wire::SamplerMemory sampler_;
  std::size_t n_tokens_when_sent_ = 0;
  std::uint32_t n_resumed_ = 0;

  // What the consumer took: the first bytes of text_, the first tokens of tokens_, and the end.
  std::size_t n_text_taken_ = 0;
  std::size_t n_tokens_taken_ = 0;
  bool ending_taken_ = false;
  std::shared_ptr<Wakeup> changed_;
};

}  // namespace minerva::gateway
