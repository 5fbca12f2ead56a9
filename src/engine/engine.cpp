#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace minerva::engine {
namespace {

constexpr std::uint32_t kMaxItlCpuMs = 200;
constexpr std::uint32_t kMaxItlGpuMs = 50;

SchedulerLimits limits_for(const wire::ModelCard& card, const EngineOptions& options) {
  const std::uint32_t by_device = card.n_gpu_layers > 0 ? kMaxItlGpuMs : kMaxItlCpuMs;
  const std::uint32_t max_itl = options.max_itl_ms == wire::kMaxItlAuto ? by_device : options.max_itl_ms;
  return {.n_batch = card.n_batch,
          .n_context = card.n_ctx_sequence,
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

// A prompt that cannot be answered; its event is the refusal.
bool Engine::refused(const wire::GenerationSpec& spec, const std::vector<inference::Token>& prompt) {
  const std::uint32_t n_context = backend_.card().n_ctx_sequence;
  if (prompt.size() + 1 > n_context) {
    events_.emplace_back(
        wire::SequenceFailed{.id = spec.id, .error = context_overflow(prompt.size(), n_context)});
    return true;
  }
  if (!prompt.empty()) return false;
  events_.emplace_back(wire::SequenceFailed{
      .id = spec.id,
      .error = {.code = ErrorCode::kInvalidRequest, .message = "the prompt is empty", .field = "messages"}});
  return true;
}

void Engine::submit(wire::GenerationSpec spec, std::vector<inference::Token> prompt) {
  if (refused(spec, prompt)) return;
  events_.emplace_back(wire::SequenceAccepted{.id = spec.id, .prompt = prompt});
  waiting_.push(std::make_unique<Sequence>(std::move(spec), std::move(prompt), clock_()));
}

void Engine::resume(wire::GenerationSpec spec, wire::Resumption from) {
  if (refused(spec, from.prompt)) return;
  events_.emplace_back(wire::SequenceAccepted{.id = spec.id, .prompt = from.prompt});
  auto sequence = std::make_unique<Sequence>(std::move(spec), std::move(from.prompt), clock_());
  for (const inference::Token token : from.generated) sequence->take_again(token, backend_.piece(token).text);
  sequence->go_on_from(from.stats, clock_());
  sequence->sampler_memory = std::move(from.sampler);
  // The worker before may have had room for more.
  if (sequence->n_tokens() >= backend_.card().n_ctx_sequence)
    return finish(*sequence, wire::FinishReason::kLength, {});
  waiting_.push(std::move(sequence));
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
  status.longest_step_us = static_cast<std::uint64_t>(scheduler_.full_batch().count());
  status.prompt_steps = timer_.prompt_steps();
  status.decode_steps = timer_.decode_steps();
  status.prefix_store_bytes = kv_.store_bytes();
  status.prefix_files_bytes = kv_.files_bytes();
  return status;
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
