#include "inference/greedy_draft_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace minerva::inference {
namespace {

// What another slot has more of a sequence than its own is copied from so many tokens on.
constexpr std::size_t kLeastCopied = 32;

}  // namespace

Result<std::unique_ptr<GreedyDraftModel>> GreedyDraftModel::make(std::unique_ptr<InferenceBackend> backend,
                                                                 const GreedyDraftOptions& options) {
  if (!backend->cuts_anywhere()) {
    return fail(
        ErrorCode::kModelInvalid,
        fmt::format("a {} model cannot take back what it guessed wrong: take a draft model of another "
                    "architecture",
                    backend->card().architecture),
        "draft-model");
  }
  wire::SamplingParams greedy;
  greedy.temperature = 0.0F;
  greedy.n_probs = options.p_min > 0.0F ? 0 : -1;
  auto sampler = backend->make_sampler(greedy, {}, false);
  auto endless = backend->make_sampler(greedy, {}, true);
  if (!sampler) return std::unexpected(sampler.error());
  if (!endless) return std::unexpected(endless.error());
  return std::unique_ptr<GreedyDraftModel>{
      new GreedyDraftModel(std::move(backend), std::move(*sampler), std::move(*endless), options)};
}

GreedyDraftModel::GreedyDraftModel(std::unique_ptr<InferenceBackend> backend,
                                   std::unique_ptr<Sampler> sampler, std::unique_ptr<Sampler> endless,
                                   const GreedyDraftOptions& options)
    : backend_{std::move(backend)},
      sampler_{std::move(sampler)},
      endless_{std::move(endless)},
      options_{options},
      held_(backend_->card().n_parallel) {}

std::optional<std::uint32_t> GreedyDraftModel::n_behind(const Followed& sequence) const {
  if (sequence.tokens.size() + wire::kMostDrafted > card().n_ctx_sequence) return std::nullopt;
  const std::size_t n = best_start(sequence).n;
  const auto is_known = [this](Token token) {
    return token >= 0 && static_cast<std::uint32_t>(token) < card().n_vocab;
  };
  // What a slot has is known.
  if (!std::ranges::all_of(sequence.tokens.subspan(n), is_known)) return std::nullopt;
  return static_cast<std::uint32_t>(sequence.tokens.size() - n);
}

Status GreedyDraftModel::catch_up(const Followed& sequence, std::uint32_t n) {
  prepare(sequence);
  const std::size_t n_held = held(sequence.slot).size();
  const std::size_t n_last = std::min(n_held + n, sequence.tokens.size() - 1);
  while (held(sequence.slot).size() < n_last) {
    const std::size_t from = held(sequence.slot).size();
    batch_.clear();
    add(sequence.slot, sequence.tokens.subspan(from, std::min<std::size_t>(card().n_batch, n_last - from)),
        false);
    if (const Status computed = compute(); !computed) return computed;
  }
  return {};
}

Result<std::vector<std::vector<Token>>> GreedyDraftModel::draft(std::span<const Followed> sequences,
                                                                std::uint32_t n) {
  auto entries = start_drafts(sequences);
  if (!entries) return std::unexpected(entries.error());
  std::vector<std::vector<Token>> drafts(sequences.size());
  std::vector<bool> is_sure(sequences.size(), true);
  while (true) {
    bool is_any_sure = false;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      const auto guessed = guess((*entries)[i], sequences[i].ignores_end);
      if (!guessed) return std::unexpected(guessed.error());
      drafts[i].push_back(guessed->token);
      is_sure[i] = is_sure[i] && guessed->is_sure;
      is_any_sure = is_any_sure || is_sure[i];
    }
    if (!is_any_sure) {
      for (auto& draft : drafts) draft.pop_back();
      return drafts;
    }
    if (drafts.front().size() == n) return drafts;
    batch_.clear();
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      (*entries)[i] = static_cast<std::int32_t>(i);
      add(sequences[i].slot, std::span{drafts[i]}.last(1), true);
    }
    if (const Status computed = compute(); !computed) return std::unexpected(computed.error());
  }
}

// Computes what each sequence is behind; the batch's entries that have the logits after them.
Result<std::vector<std::int32_t>> GreedyDraftModel::start_drafts(std::span<const Followed> sequences) {
  const std::size_t n_each = std::max<std::size_t>(1, card().n_batch / sequences.size());
  for (const Followed& sequence : sequences) {
    prepare(sequence);
    if (sequence.tokens.size() - held(sequence.slot).size() <= n_each) continue;
    const auto n_all = static_cast<std::uint32_t>(sequence.tokens.size());
    if (const Status there = catch_up(sequence, n_all); !there) return std::unexpected(there.error());
  }
  std::vector<std::int32_t> entries;
  batch_.clear();
  for (const Followed& sequence : sequences) {
    add(sequence.slot, sequence.tokens.subspan(held(sequence.slot).size()), true);
    entries.push_back(static_cast<std::int32_t>(batch_.size()) - 1);
  }
  // Reading one may have cost another its place.
  if (batch_.size() > card().n_batch)
    return fail(ErrorCode::kOutOfMemory, "the draft model has no KV memory for so many sequences");
  if (const Status computed = compute(); !computed) return std::unexpected(computed.error());
  return entries;
}

Result<GreedyDraftModel::Guess> GreedyDraftModel::guess(std::int32_t batch_index, bool ignores_end) {
  const auto sampled = (ignores_end ? endless_ : sampler_)->sample(batch_index, 0);
  if (!sampled) return std::unexpected(sampled.error());
  // Where the vocabularies' ends differ, a token that the served model does not know is a wrong guess of one that it knows.
  const auto last = static_cast<Token>(options_.n_vocab) - 1;
  const bool is_sure =
      !sampled->probabilities || std::exp(sampled->probabilities->chosen.value) >= options_.p_min;
  return Guess{.token = std::min(sampled->token, last), .is_sure = is_sure};
}

// --- what the slots hold

// Tokens of the sequence, without its last, that are there.
std::size_t GreedyDraftModel::n_shared(const Held& held, const Followed& sequence) {
  if (held.space != sequence.space) return 0;
  const auto wanted = sequence.tokens.first(sequence.tokens.size() - 1);
  return static_cast<std::size_t>(std::ranges::mismatch(held.tokens, wanted).in1 - held.tokens.begin());
}

GreedyDraftModel::Start GreedyDraftModel::best_start(const Followed& sequence) const {
  Start best{.slot = sequence.slot, .n = n_shared(at(sequence.slot), sequence)};
  const std::size_t n_least = best.n + kLeastCopied;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const std::size_t n = n_shared(held_[i], sequence);
    if (n >= n_least && n > best.n) best = {.slot = SlotId{static_cast<std::int32_t>(i)}, .n = n};
  }
  return best;
}

// Makes the sequence's slot hold as much of it as there is anywhere, and nothing else.
void GreedyDraftModel::prepare(const Followed& sequence) {
  const Start start = best_start(sequence);
  cut(sequence.slot, start.slot == sequence.slot ? start.n : 0);
  at(sequence.slot).space = sequence.space;
  if (start.slot == sequence.slot ||
      !backend_->copy_prefix(start.slot, sequence.slot, static_cast<std::int32_t>(start.n)))
    return;
  const auto& source = held(start.slot);
  held(sequence.slot).assign(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(start.n));
}

void GreedyDraftModel::cut(SlotId slot, std::size_t n_kept) {
  if (held(slot).size() == n_kept) return;
  if (!backend_->remove_from(slot, static_cast<std::int32_t>(n_kept))) return forget(slot);
  held(slot).resize(n_kept);
}

void GreedyDraftModel::forget(SlotId slot) {
  (void)backend_->remove_from(slot, 0);
  held(slot).clear();
}

// Puts into the batch what follows in this slot; the last token's logits are wanted, or none.
void GreedyDraftModel::add(SlotId slot, std::span<const Token> tokens, bool wants_logits) {
  auto position = static_cast<std::int32_t>(held(slot).size());
  for (const Token token : tokens) {
    batch_.push_back({.token = token, .position = position++, .slot = slot, .wants_logits = false});
  }
  batch_.back().wants_logits = wants_logits;
}

// Computes the batch; where all slots share one memory and it is full, at the cost of the slots that are not in it. What
// its own hold after an error is not known.
Status GreedyDraftModel::compute() {
  auto decoded = backend_->decode(batch_);
  if (decoded && *decoded == DecodeStatus::kNoMemorySlot) {
    for (std::size_t i = 0; i < held_.size(); ++i) {
      const SlotId slot{static_cast<std::int32_t>(i)};
      if (!std::ranges::contains(batch_, slot, &BatchToken::slot)) forget(slot);
    }
    decoded = backend_->decode(batch_);
  }
  if (decoded && *decoded == DecodeStatus::kOk) {
    for (const BatchToken& entry : batch_) held(entry.slot).push_back(entry.token);
    return {};
  }
  for (const BatchToken& entry : batch_) forget(entry.slot);
  if (!decoded) return std::unexpected(decoded.error());
  return fail(ErrorCode::kOutOfMemory, "the draft model has no KV memory left");
}

}  // namespace minerva::inference
