#pragma once
// Where the time of the engine's steps goes.
//
//   begin ──► planned ──► drafted ──► planned ──► computed ──► end ──► begin …   the time between two calls is one phase's
//       plan       draft       plan        compute       sample   report
//
// planned() and computed() repeat when a batch did not fit. A step that never comes to end() is counted nowhere, and so is
// the time behind rest(). Pure; a value of one owner.

#include <chrono>
#include <cstdint>

#include "wire/types.h"

namespace minerva::engine {

class StepTimer {
 public:
  using Time = std::chrono::microseconds;

  void begin(Time now);
  void planned(Time now) { step_.plan_us += since_mark(now); }
  void drafted(Time now) { step_.draft_us += since_mark(now); }
  void computed(Time now) { step_.compute_us += since_mark(now); }
  void end(Time now, bool with_prompt);
  // Nothing is to be done until somebody asks for something.
  void rest() { ended_ = nullptr; }

  [[nodiscard]] const wire::StepTimes& prompt_steps() const { return prompt_steps_; }
  [[nodiscard]] const wire::StepTimes& decode_steps() const { return decode_steps_; }

 private:
  [[nodiscard]] std::uint64_t since_mark(Time now);

  Time mark_{0};
  wire::StepTimes step_;              // the one that goes on
  wire::StepTimes* ended_ = nullptr;  // the sums that the last one went into, while its reporting goes on
  wire::StepTimes prompt_steps_;
  wire::StepTimes decode_steps_;
};

}  // namespace minerva::engine
