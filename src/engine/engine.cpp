#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"

namespace minerva::engine {
namespace {

constexpr std::uint32_t kMaxItlCpuMs = 200;
constexpr std::uint32_t kMaxItlGpuMs = 50;

// A shorter prefix is computed sooner than it is waited for and copied.
constexpr std::uint32_t kLeastAwaited = 16;

// The next turn of a conversation may render the end of this prompt in another way: the mark of the answer's beginning, an
// empty thought. Two questions about one text may begin alike, and a third one not. What comes so many tokens before stays.
constexpr std::uint32_t kCheckpointTail = 16;

SchedulerLimits limits_for(const wire::ModelCard& card, const EngineOptions& options) {
  const std::uint32_t by_device = card.n_gpu_layers > 0 ? kMaxItlGpuMs : kMaxItlCpuMs;
  const std::uint32_t max_itl = options.max_itl_ms == wire::kMaxItlAuto ? by_device : options.max_itl_ms;
  return {.n_batch = card.n_batch,
          .n_outputs = inference::n_outputs(card.n_parallel),
          .max_itl = std::chrono::milliseconds{max_itl},
          .most_ahead = options.draft_max,
          .least_ahead = options.draft_min};
}

Error context_overflow(std::size_t n_prompt, std::uint32_t n_context) {
  return {.code = ErrorCode::kContextOverflow,
          .message = fmt::format(
              "the prompt has {} tokens and the answer needs room for one more, this model's context "
              "holds {}: shorten the prompt or start with a larger --ctx-size",
              n_prompt, n_context),
          .field = "messages"};
}

// What was computed ahead and is wrong has to be taken back.
SpeculationOptions speculation_options(const inference::InferenceBackend& backend, EngineOptions& options) {
  SpeculationOptions speculation{.lookup = options.drafts,
                                 .model = std::move(options.draft_model),
                                 .least = options.draft_min,
                                 .shared_prefixes = options.shared_prefixes};
  if (backend.cuts_anywhere()) return speculation;
  if (speculation.model) {
    log::warn("engine", "the draft model is not used: a {} model cannot take back what was computed ahead",
              backend.card().architecture);
  }
  return {.lookup = false};
}

}  // namespace

Engine::Engine(inference::InferenceBackend& backend, EngineOptions options, Clock clock)
    : backend_{backend},
      clock_{std::move(clock)},
      shared_prefixes_{options.shared_prefixes},
      scheduler_{limits_for(backend.card(), options)},
      speculation_{speculation_options(backend, options), scheduler_, clock_},
      kv_{backend, KvCacheOptions{.reuses = options.reuse_prefixes,
                                  .store_bytes = options.prefix_store_bytes,
                                  .files = std::move(options.prefix_files)}},
      waiting_{backend.card().n_ctx_sequence, outputs_},
      sampling_{backend,
                std::make_unique<SamplePool>(options.n_sampling_threads, clock_, options.worth_waking)} {
  status_.kv_cells = backend.card().n_ctx;
}

Engine::~Engine() = default;

void Engine::submit(wire::GenerationSpec spec, std::vector<inference::Token> prompt) {
  const std::uint64_t id = spec.id;
  const std::uint32_t n_context = backend_.card().n_ctx_sequence;
  if (prompt.size() + 1 > n_context) {
    events_.emplace_back(wire::SequenceFailed{.id = id, .error = context_overflow(prompt.size(), n_context)});
    return;
  }
  if (prompt.empty()) {
    events_.emplace_back(wire::SequenceFailed{
        .id = id,
        .error = {
            .code = ErrorCode::kInvalidRequest, .message = "the prompt is empty", .field = "messages"}});
    return;
  }
  events_.emplace_back(wire::SequenceAccepted{.id = id, .prompt = prompt});
  waiting_.push(std::make_unique<Sequence>(std::move(spec), std::move(prompt), clock_()));
}

void Engine::cancel(std::uint64_t id) {
  const auto is_it = [id](const auto& sequence) { return sequence->id() == id && !sequence->ended(); };
  const Error cancelled{.code = ErrorCode::kCancelled, .message = "the request was cancelled", .field = {}};
  if (const auto it = std::ranges::find_if(running_, is_it); it != running_.end()) {
    end_with(**it, cancelled);
    drop_ended();
  } else if (const auto queued = waiting_.remove(id)) {
    end_with(*queued, cancelled);
  }
}

std::vector<wire::SequenceEvent> Engine::step() {
  timer_.begin(clock_());
  admit_waiting();
  kv_.save_one(running_.empty() && waiting_.empty());
  if (running_.empty() && !waiting_.empty()) kv_.await_coming();
  if (!running_.empty()) {
    const auto begin = clock_();
    run_batch(plan_step());
    status_.last_step_us = static_cast<std::uint64_t>((clock_() - begin).count());
    drop_ended();
    requeue_set_aside();
  }
  auto events = std::exchange(events_, {});
  if (idle()) timer_.rest();
  return events;
}

bool Engine::idle() const {
  return waiting_.empty() && running_.empty() && events_.empty() && !kv_.has_unsaved();
}

wire::EngineStatus Engine::status() const {
  wire::EngineStatus status = status_;
  status.n_running = static_cast<std::uint32_t>(running_.size());
  status.n_waiting = static_cast<std::uint32_t>(waiting_.size());
  status.kv_cells_used = kv_.cells_used();
  status.prompt_steps = timer_.prompt_steps();
  status.decode_steps = timer_.decode_steps();
  status.prefix_store_bytes = kv_.store_bytes();
  status.prefix_files_bytes = kv_.files_bytes();
  return status;
}

// --- admission

// In the queue's order, except that a request whose prompt begins as one that is being computed waits for that one. A
// slot is kept for it meanwhile, so that later ones do not overtake it.
void Engine::admit_waiting() {
  for (const auto& sequence : running_) sequence->n_followers = 0;
  std::uint32_t n_kept = 0;
  AdmissionQueue::Walk walk{waiting_};
  while (kv_.n_free_slots() > n_kept) {
    const Sequence* next = walk.next();
    if (next == nullptr) return;
    if (follows_another(*next) || kv_.is_coming(prefix_of(*next))) {
      ++n_kept;
      continue;
    }
    if (!has_kv_for(*next)) return;
    start(waiting_.take(*next));
  }
  if (kv_.n_free_slots() == 0) admit_over_share();
}

// Every slot is taken: one that waits may have a better claim than one that runs.
void Engine::admit_over_share() {
  std::vector<Claim> holders;
  for (const auto& sequence : running_) holders.push_back(sequence->claim());
  for (const Sequence* next : waiting_.first_of_each_claim()) {
    const auto victim = victim_for(next->claim(), holders);
    if (!victim || follows_another(*next)) continue;
    set_aside(*running_[*victim]);
    auto sequence = waiting_.take(*next);
    requeue_set_aside();
    return start(std::move(sequence));
  }
}

// Whether the KV memory will probably hold it beside the others, when all share one.
bool Engine::has_kv_for(const Sequence& newcomer) const {
  const wire::ModelCard& card = backend_.card();
  if (!card.kv_unified || running_.empty()) return true;
  const auto expected = [&](const Sequence& sequence) {
    const std::uint32_t n_allowed = sequence.n_generated() + sequence.n_allowed(card.n_ctx_sequence);
    return std::uint64_t{sequence.n_left()} + outputs_.n_more(sequence.n_generated(), n_allowed);
  };
  std::uint64_t n_needed = expected(newcomer);
  for (const auto& sequence : running_) n_needed += expected(*sequence);
  return n_needed + kv_.cells_busy() <= card.n_ctx + kv_.n_found_busy(prefix_of(newcomer));
}

TokenPrefix Engine::prefix_of(const Sequence& sequence) const {
  return {.tokens = sequence.tokens(), .space = shared_prefixes_ ? 0 : sequence.spec().tenant};
}

// Its slot goes to others; it comes back with what it has said, and with its KV where host memory has room for that.
void Engine::set_aside(Sequence& sequence) {
  log::info("engine", "sequence {} is set aside with {} tokens: others need its place", sequence.id(),
            sequence.n_tokens());
  kv_.give_up(sequence.slot);
  sequence.n_computed = 0;
  sequence.on(SequenceInput::kSetAside);
  ++sequence.stats.n_preempted;
  ++status_.n_preemptions;
}

void Engine::requeue_set_aside() {
  const auto set_aside = std::ranges::stable_partition(
      running_, [](const auto& sequence) { return sequence->state() != SequenceState::kWaiting; });
  for (auto& sequence : set_aside) waiting_.push_front(std::move(sequence));
  running_.erase(set_aside.begin(), set_aside.end());
}

// Whether a running sequence is about to compute enough of this one's prompt that waiting for it saves work; notes it
// there.
bool Engine::follows_another(const Sequence& sequence) {
  if (!kv_.shares_prefixes()) return false;
  const TokenPrefix prompt = prefix_of(sequence).reusable();
  Sequence* leader = nullptr;
  std::uint32_t n_shared = 0;
  for (const auto& other : running_) {
    if (other->state() != SequenceState::kPrefill || other->suspect) continue;
    const std::uint32_t n = engine::n_shared(prefix_of(*other), prompt);
    if (n <= n_shared || n <= other->n_computed) continue;
    leader = other.get();
    n_shared = n;
  }
  if (leader == nullptr) return false;
  const std::uint32_t n_there = std::max(leader->n_computed, kv_.n_found(prefix_of(sequence)));
  if (n_shared < n_there + kLeastAwaited) return false;
  const std::uint32_t n_awaited = n_shared - leader->n_computed;
  leader->n_awaited = leader->n_followers == 0 ? n_awaited : std::min(leader->n_awaited, n_awaited);
  ++leader->n_followers;
  if (kv_.needs_checkpoints()) leader->checkpoints.insert(n_shared);
  return true;
}

void Engine::start(std::unique_ptr<Sequence> sequence) {
  const bool is_new = sequence->sampler == nullptr;
  if (is_new) {
    auto sampler =
        backend_.make_sampler(sequence->spec().sampling, sequence->tokens(), sequence->spec().ignore_eos);
    if (!sampler) return end_with(*sequence, sampler.error());
    sequence->sampler = std::move(*sampler);
  }
  const auto opened = kv_.open(prefix_of(*sequence));
  sequence->slot = opened.slot;
  sequence->n_computed = opened.n_computed;
  if (is_new) {
    note_found(*sequence, opened);
    scheduler_.note_prompt(sequence->spec().tenant, sequence->n_left());
  }
  log::debug("engine", "sequence {}: {} of {} tokens found, in slot {}", sequence->id(), sequence->n_computed,
             sequence->n_tokens(), sequence->slot.value);
  if (kv_.needs_checkpoints()) set_checkpoints(*sequence);
  sequence->on(SequenceInput::kStart);
  running_.push_back(std::move(sequence));
}

void Engine::note_found(Sequence& sequence, const KvCache::Opened& opened) {
  sequence.stats.n_cached = opened.n_computed;
  sequence.stats.cached_in = opened.tier;
  wire::PrefixUse& found = status_.prefixes[static_cast<std::size_t>(opened.tier)];
  wire::PrefixUse& not_found = status_.prefixes[static_cast<std::size_t>(wire::PrefixTier::kNone)];
  ++found.n_requests;
  found.n_tokens += opened.n_computed;
  not_found.n_tokens += sequence.n_tokens() - opened.n_computed;
}

// At the end of the prompt, where the next turn of the conversation will part from it, and where it parts from what others
// asked.
void Engine::set_checkpoints(Sequence& sequence) {
  for (const std::uint32_t end : {sequence.n_tokens(), kv_.branch_of(prefix_of(sequence))}) {
    if (end > kCheckpointTail) sequence.checkpoints.insert(end - kCheckpointTail);
  }
}

// --- one step

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
  BatchPlan plan = scheduler_.plan(snapshot);
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
      // A prompt's waiting adds up, so that it comes before newer ones for good; a stream's turn begins anew.
      --sequence.steps_waited;
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
                                          .stats = sequence.news()});
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

// --- ends

std::vector<wire::TokenProbabilities> Engine::spelled(const inference::Sampled& sampled) const {
  if (!sampled.probabilities) return {};
  const auto spell = [this](const inference::LogProbability& probability) {
    return wire::TokenProbability{.token = probability.token,
                                  .bytes = backend_.piece(probability.token).text,
                                  .log_probability = probability.value};
  };
  wire::TokenProbabilities result{.chosen = spell(sampled.probabilities->chosen), .likeliest = {}};
  for (const auto& other : sampled.probabilities->likeliest) result.likeliest.push_back(spell(other));
  return {std::move(result)};
}

void Engine::finish(Sequence& sequence, wire::FinishReason reason, std::string stop_text) {
  outputs_.learn(sequence.n_generated(),
                 sequence.n_generated() + sequence.n_allowed(backend_.card().n_ctx_sequence));
  events_.emplace_back(wire::SequenceFinished{
      .id = sequence.id(), .reason = reason, .stop_text = std::move(stop_text), .stats = sequence.stats});
  release(sequence);
}

void Engine::end_with(Sequence& sequence, Error error) {
  events_.emplace_back(wire::SequenceFailed{.id = sequence.id(), .error = std::move(error)});
  release(sequence);
}

void Engine::release(Sequence& sequence) {
  if (sequence.state() != SequenceState::kWaiting) kv_.close(sequence.slot);
  waiting_.settle(sequence);
  sequence.on(SequenceInput::kEnd);
}

void Engine::drop_ended() {
  std::erase_if(running_, [](const auto& sequence) { return sequence->ended(); });
}

}  // namespace minerva::engine
