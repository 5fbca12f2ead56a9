#include "gateway/restart_policy.h"

namespace minerva::gateway {

RestartPolicy::Decision RestartPolicy::after_death(bool completed_a_step, bool explained) {
  if (completed_a_step) {
    n_barren_ = 0;
    return {};
  }
  if (explained) return {};
  ++n_barren_;
  if (n_barren_ >= times_.max_barren) return {.pause = times_.failed_pause, .give_up = true};
  if (n_barren_ == 1) return {};
  return {.pause = times_.first_pause * (1 << (n_barren_ - 2)), .give_up = false};
}

}  // namespace minerva::gateway
