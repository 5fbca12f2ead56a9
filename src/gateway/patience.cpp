#include "gateway/patience.h"

#include <algorithm>

namespace minerva::gateway {

Patience::Time Patience::for_step(const wire::EngineStatus& engine, bool on_gpu, const Owed& owed) const {
  const Time reading{static_cast<Time::rep>(owed.prompt_bytes / kTokenizedBytesPerMs)};
  if (engine.steps_completed == 0) return kFirstStep + reading;
  const auto steps =
      std::chrono::duration_cast<Time>(kLongestSteps * std::chrono::microseconds{engine.longest_step_us});
  return std::max(steps, on_gpu ? kShortestOnGpu : kShortest) * (1U << n_hangs_) + reading;
}

void Patience::note_steps(std::uint64_t n_completed) {
  if (n_completed >= kStepsOfAWorkingOne) n_hangs_ = 0;
}

}  // namespace minerva::gateway
