#include "gateway/fallback.h"

#include <algorithm>

namespace minerva::gateway {

bool Fallback::after_death(const Death& death) {
  const bool is_lost = death.code == ErrorCode::kGpuNotAvailable;
  const bool has_worked = is_lost ? death.n_steps >= kStepsOfAWorkingOne : death.n_steps > 0;
  if (has_worked || !death.on_gpu) n_bad_ = 0;
  if (death.on_gpu && (is_lost || !has_worked)) ++n_bad_;
  const std::uint32_t next = rung_after(death);
  if (next == rung_) return false;
  rung_ = next;
  n_bad_ = 0;
  climb_after_ = std::min(climb_after_ * 2, kLastClimb);
  return true;
}

std::uint32_t Fallback::rung_after(const Death& death) const {
  if (death.code == ErrorCode::kOutOfMemory) return std::min(death.rung + 1, wire::kCpuRung);
  return n_bad_ >= kMostBad ? wire::kCpuRung : rung_;
}

}  // namespace minerva::gateway
