#pragma once
// The step loop: many requests, one batch a step, each with its own sampler.
//
// Threads: one thread calls everything; samplers alone run on others too (StepSampling). The backend must outlive the
// engine. Time comes from the clock given at construction, so that tests own it; it is asked from any thread.
//
// Every request that submit() takes gets, over the following steps, these events in this order:
//   SequenceAccepted, SequenceText*, then exactly one of SequenceFinished | SequenceFailed.
// A request that is refused or cancelled before it was accepted gets SequenceFailed alone; a cancelled one kCancelled.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/admission_queue.h"
#include "engine/kv_cache.h"
#include "engine/output_estimate.h"
#include "engine/preemption.h"
#include "engine/scheduler.h"
#include "engine/sequence.h"
#include "engine/speculation.h"
#include "engine/step_sampling.h"
#include "engine/step_timer.h"
#include "inference/inference_backend.h"
#include "wire/messages.h"

namespace minerva::engine {

struct EngineOptions {
  std::uint32_t max_itl_ms = wire::kMaxItlAuto;
  bool drafts = true;                                            // speculation by prompt lookup
  bool reuse_prefixes = true;                                    // false: every prompt is computed whole
  bool shared_prefixes = false;                                  // one tenant's prefixes serve all
  std::unique_ptr<inference::DraftModel> draft_model = nullptr;  // speculation by this model; null: none
  std::uint32_t draft_max = wire::kMostDrafted;
  std::uint32_t draft_min = 0;
  std::unique_ptr<PrefixFiles> prefix_files = nullptr;  // for prefixes that outlive the process; null: none
  std::uint64_t prefix_store_bytes = 0;  // host memory for prefixes whose slot was needed; 0: none
  std::uint32_t n_sampling_threads = 1;  // that share the sampling of a step, with the engine's own
  std::chrono::microseconds worth_waking = SamplePool::kWorthWaking;  // as SamplePool says
};

class Engine {
 public:
  using Clock = std::function<std::chrono::microseconds()>;

  Engine(inference::InferenceBackend& backend, EngineOptions options, Clock clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `prompt` is spec.prompt as tokens; the text itself is not looked at. Failures come as events. An id that is still active must not come again.
  void submit(wire::GenerationSpec spec, std::vector<inference::Token> prompt);
  // The same for one that another engine began: nothing that came before comes again.
  void resume(wire::GenerationSpec spec, wire::Resumption from);

  // Takes effect before the next step, wherever the request is; unknown ids are ignored (it may have ended just now).
  void cancel(std::uint64_t id);

  // Runs one batch, if there is anything to run, and gives back all events since the last call.
  [[nodiscard]] std::vector<wire::SequenceEvent> step();

  // Nothing runs, waits or has events to give back.
  [[nodiscard]] bool idle() const;

  [[nodiscard]] wire::EngineStatus status() const;

  // The backend can compute nothing more, and why: the requests that are left need another one.
  [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }

 private:
  using Sequences = std::vector<std::unique_ptr<Sequence>>;

  [[nodiscard]] bool refused(const wire::GenerationSpec& spec, const std::vector<inference::Token>& prompt);
  [[nodiscard]] Status make_sampler(Sequence& sequence);
  void admit_waiting();
  void admit_over_share();
  void start(std::unique_ptr<Sequence> sequence);
  void note_found(Sequence& sequence, const KvCache::Opened& opened);
  [[nodiscard]] bool follows_another(const Sequence& sequence);
  [[nodiscard]] bool has_kv_for(const Sequence& newcomer) const;
  [[nodiscard]] TokenPrefix prefix_of(const Sequence& sequence) const;
  void set_aside(Sequence& sequence);
  void set_checkpoints(Sequence& sequence);
  void requeue_set_aside();

  [[nodiscard]] BatchPlan plan_step() const;
  void run_batch(BatchPlan plan);
  void assemble(const BatchPlan& plan);
  void start_sampling(const BatchPlan& plan);
  void take_results(const BatchPlan& plan);
  void isolate_after(const BatchPlan& plan, const Error& error);
  [[nodiscard]] bool make_room(BatchPlan& plan);
  [[nodiscard]] Sequence* victim_of_exhaustion();

  [[nodiscard]] std::uint32_t most_ahead(const Sequence& sequence) const;
  void note_computed(Sequence& sequence, std::uint32_t n_tokens);
  void take_decoded(Sequence& sequence, std::uint32_t n_tokens,
                    std::span<const Result<inference::Sampled>> outcome);
  void take_token(Sequence& sequence, const Result<inference::Sampled>& sampled);
  [[nodiscard]] std::vector<wire::TokenProbabilities> spelled(const inference::Sampled& sampled) const;
  void finish(Sequence& sequence, wire::FinishReason reason, std::string stop_text);
  void end_with(Sequence& sequence, Error error);
  void release(Sequence& sequence);
  void drop_ended();

  inference::InferenceBackend& backend_;
  Clock clock_;
  const bool shared_prefixes_;
  Scheduler scheduler_;
  Speculation speculation_;  // after the scheduler, which it tells what drafting takes
  KvCache kv_;
  OutputEstimate outputs_;
  AdmissionQueue waiting_;
  Sequences running_;                         // each holds a slot
  std::vector<inference::BatchToken> batch_;  // scratch
  std::vector<wire::SequenceEvent> events_;
  wire::EngineStatus status_;
  StepSampling sampling_;
  StepTimer timer_;
  std::optional<Error> broken_;
};

}  // namespace minerva::engine
