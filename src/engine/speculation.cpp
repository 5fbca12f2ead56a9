#include "engine/speculation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace minerva::engine {
namespace {

using inference::DraftModel;

// Whoever names a draft model has reason to think that it is often right.
constexpr double kAssumedRate = 0.7;
constexpr double kNewestOverall = 0.02;
constexpr double kNewestOfSequence = 0.1;

constexpr std::uint32_t kMostFailures = 3;

// What the draft model computes once to know what it takes: tokens to read, tokens to guess.
constexpr std::uint32_t kMeasuredReading = 32;
constexpr std::uint32_t kMeasuredGuesses = 4;

}  // namespace

Speculation::Speculation(SpeculationOptions options, Scheduler& scheduler, Clock clock)
    : lookup_{options.lookup},
      model_{std::move(options.model)},
      least_{options.least},
      shared_prefixes_{options.shared_prefixes},
      scheduler_{scheduler},
      clock_{std::move(clock)},
      overall_rate_{kAssumedRate, kNewestOverall} {
  if (model_) measure();
}

// Twice, because the library prepares itself for a size of batch when it sees the first.
void Speculation::measure() {
  for (int i = 0; i < 2 && model_; ++i) {
    const std::vector<inference::Token> any(kMeasuredReading + 1, i);
    const DraftModel::Followed sequence{.slot = inference::SlotId{0}, .tokens = any};
    if (!model_->n_behind(sequence)) return;  // its context is too short for anything
    const auto begin = clock_();
    if (!succeeded(model_->catch_up(sequence, kMeasuredReading))) continue;
    const auto middle = clock_();
    const auto guessed = model_->draft({&sequence, 1}, kMeasuredGuesses);
    if (!succeeded(guessed ? Status{} : std::unexpected(guessed.error()))) continue;
    scheduler_.apply_drafting({.n_prefill = kMeasuredReading,
                               .n_attended = kMeasuredReading * kMeasuredReading / 2,
                               .duration = middle - begin});
    const auto each = (clock_() - middle) / kMeasuredGuesses;
    scheduler_.apply_drafting({.n_decode = 1, .n_attended = kMeasuredReading, .duration = each});
    log::debug("engine", "the draft model reads {} tokens in {} us and guesses one in {} us",
               kMeasuredReading, (middle - begin).count(), each.count());
  }
}

DraftModel::Followed Speculation::followed(const Sequence& sequence) const {
  return {.slot = sequence.slot,
          .tokens = sequence.tokens(),
          .space = shared_prefixes_ ? 0 : sequence.spec().tenant,
          .ignores_end = sequence.spec().ignore_eos};
}

double Speculation::model_rate(const Sequence& sequence) const {
  return sequence.drafts.model_rate.value_or(overall_rate_).value();
}

// Lookups cost nothing, but a draft model may be right more often.
bool Speculation::prefers_lookup(const Sequence& sequence, std::uint32_t n_most) const {
  const Drafter& lookup = sequence.drafts.lookup;
  return !model_ || n_most == 0 || (!lookup.draft().empty() && lookup.hit_rate() >= model_rate(sequence));
}

DraftProspect Speculation::prospect(const Sequence& sequence, std::uint32_t n_most) const {
  const Drafter& lookup = sequence.drafts.lookup;
  const DraftProspect by_lookup{
      .n_draft = std::min(n_most, static_cast<std::uint32_t>(lookup.draft().size())),
      .hit_rate = lookup.hit_rate(),
      .n_generated = sequence.n_generated()};
  if (sequence.state() != SequenceState::kDecode || prefers_lookup(sequence, n_most)) return by_lookup;
  const auto n_behind = model_->n_behind(followed(sequence));
  if (!n_behind) return by_lookup;
  return {.n_draft = std::min(n_most, wire::kMostDrafted),
          .hit_rate = model_rate(sequence),
          .by_model = true,
          .n_behind = *n_behind,
          .n_generated = sequence.n_generated()};
}

std::chrono::microseconds Speculation::draft(BatchPlan& plan, Sequences running) {
  if (plan.catch_up && model_) read(*plan.catch_up, running);
  std::vector<BatchPlan::Share*> by_model;
  for (BatchPlan::Share& share : plan.shares) {
    Sequence& sequence = *running[share.index];
    SequenceDrafts& drafts = sequence.drafts;
    drafts.ahead.clear();
    drafts.by_model = false;
    drafts.cut_short = false;
    if (sequence.state() != SequenceState::kDecode || share.n_tokens < 2) continue;
    drafts.by_model = prospect(sequence, share.n_tokens - 1).by_model;
    if (drafts.by_model) {
      by_model.push_back(&share);
    } else {
      const auto found = drafts.lookup.draft().first(share.n_tokens - 1);
      drafts.ahead.assign(found.begin(), found.end());
    }
  }
  if (by_model.empty()) return std::chrono::microseconds{0};
  const auto time = guess(by_model, running);
  for (BatchPlan::Share* share : by_model) {
    share->n_tokens = 1 + static_cast<std::uint32_t>(running[share->index]->drafts.ahead.size());
  }
  return time;
}

// Puts the draft model's guesses into `ahead`; nothing where it fails.
std::chrono::microseconds Speculation::guess(std::span<BatchPlan::Share*> shares, Sequences running) {
  const auto begin = clock_();
  std::uint32_t n_wanted = wire::kMostDrafted;
  std::vector<DraftModel::Followed> sequences;
  StepCost cost{.n_decode = static_cast<std::uint32_t>(shares.size())};
  std::uint32_t n_behind = 0;
  for (const BatchPlan::Share* share : shares) {
    n_wanted = std::min(n_wanted, share->n_tokens - 1);
    sequences.push_back(followed(*running[share->index]));
    n_behind += model_->n_behind(sequences.back()).value_or(0);
    cost.n_attended += running[share->index]->n_tokens();
  }
  const auto guessed = model_->draft(sequences, n_wanted);
  const auto time = clock_() - begin;
  if (!succeeded(guessed ? Status{} : std::unexpected(guessed.error()))) return time;
  const auto n_guessed = static_cast<std::uint32_t>(guessed->front().size());
  // One or two tokens a sequence are what a draft leaves behind; more are reading, which is measured by itself.
  cost.duration = time / std::min(n_wanted, n_guessed + 1);
  if (n_behind <= 2 * cost.n_decode) scheduler_.apply_drafting(cost);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    SequenceDrafts& drafts = running[shares[i]->index]->drafts;
    drafts.cut_short = n_guessed < n_wanted;
    if (n_guessed >= least_) drafts.ahead = (*guessed)[i];
  }
  return time;
}

void Speculation::read(const BatchPlan::Share& share, Sequences running) {
  const DraftModel::Followed sequence = followed(*running[share.index]);
  const std::uint32_t n_behind = model_->n_behind(sequence).value_or(0);
  if (n_behind == 0) return;
  const auto begin = clock_();
  if (!succeeded(model_->catch_up(sequence, share.n_tokens))) return;
  const auto n_read = n_behind - model_->n_behind(sequence).value_or(n_behind);
  const std::uint64_t n_before = sequence.tokens.size() - n_behind;
  scheduler_.apply_drafting(
      {.n_prefill = n_read, .n_attended = n_read * (n_before + n_read / 2), .duration = clock_() - begin});
}

void Speculation::learn(Sequence& sequence, std::uint32_t n_before) {
  SequenceDrafts& drafts = sequence.drafts;
  const auto came = sequence.tokens().subspan(n_before);
  if (drafts.by_model) {
    if (!drafts.model_rate) drafts.model_rate.emplace(overall_rate_.value(), kNewestOfSequence);
    for (HitRate* rate : {&*drafts.model_rate, &overall_rate_}) {
      rate->compare(drafts.ahead, came);
      // A token that it was not sure enough of to guess is one that it did not hit.
      if (drafts.cut_short && came.size() > drafts.ahead.size()) rate->note(false);
    }
  }
  drafts.lookup.compare(came);
  if (lookup_ && !sequence.ended()) drafts.lookup.draft_after(sequence.tokens());
}

void Speculation::stop() {
  lookup_ = false;
  model_.reset();
}

bool Speculation::succeeded(const Status& status) {
  if (status) {
    n_failures_ = 0;
    return true;
  }
  log::warn("engine", "the draft model failed: {}", to_string(status.error()));
  if (++n_failures_ < kMostFailures) return false;
  log::error("engine", "the draft model is given up after {} failures: serving goes on without it",
             n_failures_);
  model_.reset();
  return false;
}

}  // namespace minerva::engine
