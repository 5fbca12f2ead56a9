#pragma once
// One accepted request on its way through the engine. Owned by the engine, used on its thread only.
//
//   kWaiting ──start──► kPrefill ──caught up──► kDecode ──end──► kEnded
//    │   ▲               │  ▲  │                  │  │             ▲
//    │   └── set aside ──┘  └──┼──── KV lost ─────┘  │             │
//    │   └── set aside ────────┼─────────────────────┘             │
//    └───────── end ───────────┴─────────── end ───────────────────┘

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "engine/preemption.h"
#include "engine/sequence_drafts.h"
#include "inference/inference_backend.h"
#include "inference/stop_matcher.h"
#include "inference/text_assembler.h"
#include "wire/types.h"

namespace minerva::engine {

enum class SequenceState : std::uint8_t { kWaiting, kPrefill, kDecode, kEnded };
enum class SequenceInput : std::uint8_t { kStart, kCaughtUp, kKvLost, kSetAside, kEnd };

// The diagram above; asserts that the arrow exists.
[[nodiscard]] SequenceState transition(SequenceState state, SequenceInput input);

class Sequence {
 public:
  using Time = std::chrono::microseconds;

  // Being overtaken so often by requests of higher priority counts as one level of priority.
  static constexpr std::uint32_t kOvertakenPerLevel = 8;

  Sequence(wire::GenerationSpec spec, std::vector<inference::Token> prompt, Time arrived);

  void on(SequenceInput input) { state_ = transition(state_, input); }
  [[nodiscard]] SequenceState state() const { return state_; }
  [[nodiscard]] bool ended() const { return state_ == SequenceState::kEnded; }

  [[nodiscard]] const wire::GenerationSpec& spec() const { return spec_; }
  [[nodiscard]] std::uint64_t id() const { return spec_.id; }
  // The gateway counts requests up, so ids tell their order.
  [[nodiscard]] Claim claim() const {
    return {.tenant = spec_.tenant, .priority = level(), .arrival = spec_.id};
  }
  // The priority as it counts now: what was asked for, raised by having been overtaken.
  [[nodiscard]] std::int32_t level() const {
    return spec_.priority + static_cast<std::int32_t>(n_overtaken / kOvertakenPerLevel);
  }

  // Prompt and generated tokens; the slot holds the KV of the first n_computed of them.
  [[nodiscard]] std::span<const inference::Token> tokens() const { return tokens_; }
  [[nodiscard]] std::uint32_t n_tokens() const { return static_cast<std::uint32_t>(tokens_.size()); }
  [[nodiscard]] std::uint32_t n_left() const { return n_tokens() - n_computed; }
  [[nodiscard]] std::uint32_t n_generated() const { return n_tokens() - stats.n_prompt; }

  // Tokens that it may generate yet, in a context of n_context.
  [[nodiscard]] std::uint32_t n_allowed(std::uint32_t n_context) const;

  // Of n tokens to compute now, as many as come before the next checkpoint.
  [[nodiscard]] std::uint32_t n_to_checkpoint(std::uint32_t n) const;

  // Takes a generated token and gives back the text that may be delivered now.
  [[nodiscard]] inference::StopMatcher::Outcome take(inference::Token token, std::string_view piece);
  // The same of a token that another worker generated and whose text it delivered.
  void take_again(inference::Token token, std::string_view piece) { std::ignore = take(token, piece); }
  // After the last of these: what it took until now is counted on from there.
  void go_on_from(const wire::GenerationStats& before, Time now);

  // The text that was held back, once no more can come.
  [[nodiscard]] std::string rest_of_text();

  // --- kept by the engine
  inference::SlotId slot{};  // from kStart to kSetAside or kEnd
  std::unique_ptr<inference::Sampler> sampler;
  std::uint32_t n_computed = 0;
  wire::SamplerMemory sampler_memory;   // that the sampler begins with; empty but for one that goes on
  std::set<std::uint32_t> checkpoints;  // numbers of computed tokens at which the KV is to be kept
  std::uint32_t steps_waited = 0;
  std::uint32_t n_followers = 0;  // waiting requests that will take over a prefix from this one
  std::uint32_t n_awaited = 0;    // tokens it has to compute until the first of them can begin
  SequenceDrafts drafts;          // what may come after tokens(), while the sequence decodes
  bool suspect = false;  // was in a batch that failed: runs alone until it gets a token or fails by itself
  wire::GenerationStats stats;

  // --- kept by the AdmissionQueue
  std::int64_t charged = 0;       // what its tenant was charged when it was let in; 0 before that
  std::uint32_t n_overtaken = 0;  // requests of higher priority that were let in before it

  // The stats, when they say something that was not given out before and that counting tokens does not tell.
  [[nodiscard]] std::optional<wire::GenerationStats> news();

  // --- times, for the stats
  void note_first_step(Time now);
  void note_token(Time now);

 private:
  wire::GenerationSpec spec_;
  std::vector<inference::Token> tokens_;
  SequenceState state_ = SequenceState::kWaiting;
  inference::TextAssembler assembler_;
  inference::StopMatcher stops_;
  Time arrived_;
  std::optional<Time> first_step_;
  std::optional<Time> first_token_;
  std::optional<wire::GenerationStats> told_;
};

}  // namespace minerva::engine
