// Engine's part that runs one step: a batch, its results, and what is done when the backend cannot.

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "engine/engine.h"

namespace minerva::engine {
namespace {

// As InferenceBackend::decode says.
bool is_end_of_backend(const Error& error) {
  return error.code == ErrorCode::kOutOfMemory || error.code == ErrorCode::kGpuNotAvailable;
}

}  // namespace

// A sequence under suspicion runs alone and in small batches, so that one that fails again says whose fault it was.
BatchPlan Engine::plan_step() const {
  const auto suspect =
      std::ranges::find_if(running_, &Sequence::suspect, &std::unique_ptr<Sequence>::operator*);
  if (suspect != running_.end()) {
    const auto index = static_cast<std::size_t>(suspect - running_.begin());
    const std::uint32_t n_small = std::max(1U, backend_.card().n_batch / 4);
    return {.shares = {{.index = index, .n_tokens = std::min((*suspect)->n_left(), n_small)}}};
  }
  std::vector<Runnable> snapshot;
  snapshot.reserve(running_.size());
  for (const auto& sequence : running_) {
    snapshot.push_back({.lane = static_cast<std::uint32_t>(sequence->slot.value),
                        .tenant = sequence->spec().tenant,
                        .decodes = sequence->state() == SequenceState::kDecode,
                        .n_left = sequence->n_left(),
                        .n_context = sequence->n_computed,
                        .n_followers = sequence->n_followers,
                        .n_awaited = sequence->n_awaited,
                        .draft = speculation_.prospect(*sequence, most_ahead(*sequence)),
                        .steps_waited = sequence->steps_waited});
  }
  BatchPlan plan = scheduler_.plan(snapshot, waiting_.size());
  for (auto& share : plan.shares) share.n_tokens = running_[share.index]->n_to_checkpoint(share.n_tokens);
  // The library computes entries together only while their streams ascend one by one.
  std::ranges::sort(plan.shares, std::less{},
                    [&](const auto& share) { return running_[share.index]->slot.value; });
  return plan;
}

// Drafted tokens of the sequence that may be computed ahead: none that its limits would cut off.
std::uint32_t Engine::most_ahead(const Sequence& sequence) const {
  const std::uint32_t n_allowed = sequence.n_allowed(backend_.card().n_ctx_sequence);
  return n_allowed - std::min(n_allowed, 1U);
}

void Engine::run_batch(BatchPlan plan) {
  for (const auto& share : plan.shares) running_[share.index]->note_first_step(clock_());
  timer_.planned(clock_());
  const auto drafting = speculation_.draft(plan, running_);
  const auto begin = clock_();
  timer_.drafted(begin);
  while (true) {
    assemble(plan);
    timer_.planned(clock_());
    const auto decoded = backend_.decode(batch_);
    timer_.computed(clock_());
    if (!decoded && is_end_of_backend(decoded.error())) {
      broken_ = decoded.error();
      return;
    }
    if (!decoded) return isolate_after(plan, decoded.error());
    if (*decoded == inference::DecodeStatus::kOk) break;
    if (!make_room(plan)) return;
  }
  StepCost cost{.drafting = drafting};
  for (const auto& share : plan.shares) {
    const Sequence& sequence = *running_[share.index];
    const bool decodes = sequence.state() == SequenceState::kDecode;
    (decodes ? cost.n_decode : cost.n_prefill) += share.n_tokens;
    if (decodes) {
      ++cost.n_sequences;
    } else {
      scheduler_.charge_prompt(sequence.spec().tenant, share.n_tokens);
    }
    cost.n_attended += std::uint64_t{share.n_tokens} * (sequence.n_computed + share.n_tokens / 2);
  }
  const std::uint64_t n_generated_before = status_.n_generated_tokens;
  take_results(plan);
  const auto end = clock_();
  timer_.end(end, cost.n_prefill > 0);
  cost.duration = end - begin;
  cost.n_generated = static_cast<std::uint32_t>(status_.n_generated_tokens - n_generated_before);
  scheduler_.apply(cost);
  ++status_.steps_completed;
  status_.n_prompt_tokens += cost.n_prefill;
  status_.n_decode_tokens += cost.n_decode;
}

void Engine::assemble(const BatchPlan& plan) {
  batch_.clear();
  for (const auto& share : plan.shares) {
    const Sequence& sequence = *running_[share.index];
    for (std::uint32_t i = 0; i < share.n_tokens; ++i) {
      const std::uint32_t position = sequence.n_computed + i;
      const bool is_drafted = position >= sequence.n_tokens();
      batch_.push_back({.token = is_drafted ? sequence.drafts.ahead[position - sequence.n_tokens()]
                                            : sequence.tokens()[position],
                        .position = static_cast<std::int32_t>(position),
                        .slot = sequence.slot,
                        .wants_logits = position + 1 >= sequence.n_tokens()});
    }
  }
}

// Of every sequence that gets a token in this step, in the plan's order.
void Engine::start_sampling(const BatchPlan& plan) {
  std::vector<StepSampling::Wanted> wanted;
  std::int32_t batch_index = 0;
  for (const auto& share : plan.shares) {
    const Sequence& sequence = *running_[share.index];
    const auto n_tokens = static_cast<std::int32_t>(share.n_tokens);
    if (sequence.state() == SequenceState::kDecode) {
      wanted.push_back({.sampler = sequence.sampler.get(),
                        .batch_index = batch_index,
                        .n_generated = sequence.n_generated(),
                        .drafted = std::span{sequence.drafts.ahead}.first(share.n_tokens - 1)});
    } else if (sequence.n_left() == share.n_tokens) {
      wanted.push_back({.sampler = sequence.sampler.get(),
                        .batch_index = batch_index + n_tokens - 1,
                        .n_generated = sequence.n_generated()});
    }
    batch_index += n_tokens;
  }
  sampling_.start(std::move(wanted));
}

// Each sequence's tokens become text while those of later ones are still sampled.
void Engine::take_results(const BatchPlan& plan) {
  start_sampling(plan);
  for (const auto& sequence : running_) ++sequence->steps_waited;
  std::size_t n_taken = 0;
  for (const auto& share : plan.shares) {
    Sequence& sequence = *running_[share.index];
    if (sequence.state() == SequenceState::kDecode) {
      sequence.steps_waited = 0;
      take_decoded(sequence, share.n_tokens, sampling_.take(n_taken++));
    } else {
      note_computed(sequence, share.n_tokens);
      if (sequence.checkpoints.contains(sequence.n_computed)) kv_.checkpoint(sequence.slot);
      if (sequence.n_left() == 0) {
        take_token(sequence, sampling_.take(n_taken++).front());
        speculation_.learn(sequence, sequence.n_tokens());
      }
    }
  }
}

void Engine::note_computed(Sequence& sequence, std::uint32_t n_tokens) {
  kv_.append(sequence.slot, sequence.tokens().subspan(sequence.n_computed, n_tokens));
  sequence.n_computed += n_tokens;
}

// The next token, and as many more as the drafted tokens that were computed ahead turn out to be right.
void Engine::take_decoded(Sequence& sequence, std::uint32_t n_tokens,
                          std::span<const Result<inference::Sampled>> outcome) {
  const std::uint32_t n_before = sequence.n_tokens();
  sequence.stats.n_drafted += n_tokens - 1;
  note_computed(sequence, 1);
  take_token(sequence, outcome.front());
  std::uint32_t n_taken = 1;
  for (; !sequence.ended() && n_taken < outcome.size(); ++n_taken) {
    ++sequence.stats.n_accepted;
    note_computed(sequence, 1);
    take_token(sequence, outcome[n_taken]);
  }
  if (n_taken < n_tokens && !kv_.trim(sequence.slot)) {
    speculation_.stop();
    sequence.n_computed = 0;
    if (!sequence.ended()) sequence.on(SequenceInput::kKvLost);
  }
  speculation_.learn(sequence, n_before);
}

void Engine::take_token(Sequence& sequence, const Result<inference::Sampled>& sampled) {
  if (!sampled) return end_with(sequence, sampled.error());
  if (sequence.state() == SequenceState::kPrefill) sequence.on(SequenceInput::kCaughtUp);
  sequence.steps_waited = 0;
  sequence.suspect = false;
  sequence.note_token(clock_());
  ++status_.n_generated_tokens;

  const inference::Piece piece = backend_.piece(sampled->token);
  auto [text, stop] = sequence.take(sampled->token, piece.ends_generation ? std::string_view{} : piece.text);
  const bool at_limit = sequence.n_generated() == sequence.spec().max_tokens ||
                        sequence.n_tokens() >= backend_.card().n_ctx_sequence;
  const bool ends = piece.ends_generation || stop || at_limit;
  if (ends && !stop) text += sequence.rest_of_text();
  auto probabilities = piece.ends_generation ? std::vector<wire::TokenProbabilities>{} : spelled(*sampled);
  events_.emplace_back(wire::SequenceText{.id = sequence.id(),
                                          .tokens = {sampled->token},
                                          .text = std::move(text),
                                          .probabilities = std::move(probabilities),
                                          .stats = sequence.news(),
                                          .sampler = sampled->memory});
  if (!ends) return;
  const bool stopped = piece.ends_generation || stop;
  finish(sequence, stopped ? wire::FinishReason::kStop : wire::FinishReason::kLength,
         stop.value_or(std::string{}));
}

// --- when the backend cannot

// After kNoMemorySlot: gives up a cached prefix, else sets one sequence aside, else halves the batch of the only one. False
// when the one token that is left cannot be placed: its sequence has failed then.
bool Engine::make_room(BatchPlan& plan) {
  if (kv_.give_up_oldest()) return true;
  if (Sequence* victim = victim_of_exhaustion()) {
    set_aside(*victim);
    std::erase_if(plan.shares, [&](const auto& share) { return running_[share.index].get() == victim; });
    if (!plan.shares.empty()) return true;
    // Those that stay go on in this very step: in the next one the others may want their place back.
    requeue_set_aside();
    plan = plan_step();
    std::ignore = speculation_.draft(plan, running_);
    return true;
  }
  const std::uint32_t n_tokens = plan.n_tokens();
  if (n_tokens > 1) {
    std::uint32_t n_left = n_tokens / 2;
    std::erase_if(plan.shares, [&](BatchPlan::Share& share) {
      share.n_tokens = std::min(share.n_tokens, n_left);
      n_left -= share.n_tokens;
      return share.n_tokens == 0;
    });
    return true;
  }
  Sequence& sequence = *running_[plan.shares.front().index];
  end_with(sequence,
           {.code = ErrorCode::kOutOfMemory,
            .message = fmt::format("no KV memory is left for the {} tokens of this request: retry later, or "
                                   "start with a larger --ctx-size or fewer --parallel",
                                   sequence.n_tokens()),
            .field = {}});
  return false;
}

Sequence* Engine::victim_of_exhaustion() {
  std::vector<Claim> holders;
  std::vector<Sequence*> sequences;
  for (const auto& sequence : running_) {
    if (sequence->ended() || sequence->state() == SequenceState::kWaiting) continue;
    holders.push_back(sequence->claim());
    sequences.push_back(sequence.get());
  }
  const auto victim = engine::victim_of_exhaustion(holders);
  return victim ? sequences[*victim] : nullptr;
}

// After an error the KV of every sequence in the batch is unknown: all are computed again, one by one. One that fails
// in that too has failed by itself.
void Engine::isolate_after(const BatchPlan& plan, const Error& error) {
  for (const auto& share : plan.shares) {
    Sequence& sequence = *running_[share.index];
    kv_.forget(sequence.slot);
    sequence.n_computed = 0;
    if (sequence.suspect) {
      end_with(sequence, error);
    } else {
      sequence.suspect = true;
      sequence.on(SequenceInput::kKvLost);
    }
  }
  log::warn("engine", "a batch of {} sequences failed: {}", plan.shares.size(), to_string(error));
}

}  // namespace minerva::engine
