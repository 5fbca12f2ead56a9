#include "engine/step_timer.h"

#include <utility>

namespace minerva::engine {

void StepTimer::begin(Time now) {
  const std::uint64_t passed = since_mark(now);
  if (ended_ != nullptr) ended_->report_us += passed;
  ended_ = nullptr;
  step_ = {};
}

void StepTimer::end(Time now, bool with_prompt) {
  ended_ = with_prompt ? &prompt_steps_ : &decode_steps_;
  ++ended_->n_steps;
  ended_->plan_us += step_.plan_us;
  ended_->draft_us += step_.draft_us;
  ended_->compute_us += step_.compute_us;
  ended_->sample_us += since_mark(now);
}

std::uint64_t StepTimer::since_mark(Time now) {
  return static_cast<std::uint64_t>((now - std::exchange(mark_, now)).count());
}

}  // namespace minerva::engine
