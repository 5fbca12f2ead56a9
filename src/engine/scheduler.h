#pragma once
// What the next step computes. Pure policy: no I/O, no clock, no log; a value of one owner.
//
// Running sequences' tokens go first. Prompts fill what is left of the batch and of the step's time: the one with the
// fewest tokens left first, where each step of waiting counts as tokens done, so that none starves.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/cost_model.h"

namespace minerva::engine {

// A sequence that holds a slot, as the scheduler sees it.
struct Runnable {
  bool decodes = false;      // its prompt is done: one token a step
  std::uint32_t n_left = 1;  // tokens to compute before its next one can be sampled; >= 1
  std::uint32_t steps_waited =
      0;  // without a token in the batch: since its last one, or of a prompt, all of them
};

struct BatchPlan {
  struct Share {
    std::size_t index = 0;  // in the snapshot
    std::uint32_t n_tokens = 0;
  };
  std::vector<Share> shares;  // running sequences first

  [[nodiscard]] std::uint32_t n_tokens() const;
};

struct SchedulerLimits {
  std::uint32_t n_batch = 512;           // most tokens of a step
  std::chrono::milliseconds max_itl{0};  // longest step while a sequence decodes; 0: no limit
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerLimits limits) : limits_{limits} {}

  [[nodiscard]] BatchPlan plan(std::span<const Runnable> snapshot) const;

  void apply(const StepCost& step) { costs_.learn(step); }

 private:
  [[nodiscard]] std::uint32_t prefill_budget(std::uint32_t n_decode) const;

  SchedulerLimits limits_;
  CostModel costs_;
};

}  // namespace minerva::engine
