#pragma once
// What is drafted for the running sequences: by prompt lookup (Drafter) and, where that is not known to be good, by the draft
// model, if there is one. The scheduler decides how much of it is computed ahead.
//
// Threads: one thread calls everything. A draft model that fails costs drafts and nothing else: after kMostFailures in a row
// (speculation.cpp) it is given up.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "engine/hit_rate.h"
#include "engine/scheduler.h"
#include "engine/sequence.h"
#include "inference/draft_model.h"

namespace minerva::engine {

struct SpeculationOptions {
  bool lookup = true;                                      // drafts by prompt lookup
  std::unique_ptr<inference::DraftModel> model = nullptr;  // null: none
  std::uint32_t least = 0;                                 // a shorter draft of the model's is not used
  bool shared_prefixes = false;                            // the model may know one tenant's from another's
};

class Speculation {
 public:
  using Clock = std::function<std::chrono::microseconds()>;
  using Sequences = std::span<const std::unique_ptr<Sequence>>;

  // The scheduler, which must outlive it, is told what the draft model's work takes: here for the first time.
  Speculation(SpeculationOptions options, Scheduler& scheduler, Clock clock);

  // What may be computed ahead of a sequence that decodes; no more than n_most tokens.
  [[nodiscard]] DraftProspect prospect(const Sequence& sequence, std::uint32_t n_most) const;

  // Does the plan's part of the draft model, and fills `ahead` of the sequences that are to have tokens computed ahead;
  // shares for which less was drafted get smaller. The time that guessing took.
  std::chrono::microseconds draft(BatchPlan& plan, Sequences running);

  // The sequence's tokens from n_before on came: compares and looks up again.
  void learn(Sequence& sequence, std::uint32_t n_before);

  // The served model cannot take back what was computed ahead.
  void stop();

 private:
  void measure();
  [[nodiscard]] double model_rate(const Sequence& sequence) const;
  [[nodiscard]] bool prefers_lookup(const Sequence& sequence, std::uint32_t n_most) const;
  void read(const BatchPlan::Share& share, Sequences running);
  [[nodiscard]] std::chrono::microseconds guess(std::span<BatchPlan::Share*> shares, Sequences running);
  [[nodiscard]] inference::DraftModel::Followed followed(const Sequence& sequence) const;
  [[nodiscard]] bool succeeded(const Status& status);

  bool lookup_;
  std::unique_ptr<inference::DraftModel> model_;
  std::uint32_t least_;
  bool shared_prefixes_;
  Scheduler& scheduler_;
  Clock clock_;
  HitRate overall_rate_;  // of the draft model's guesses for all sequences: what a new one begins with
  std::uint32_t n_failures_ = 0;  // in a row
};

}  // namespace minerva::engine
