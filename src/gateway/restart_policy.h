#pragma once
// When the next worker starts after one died. Pure.
//
// A death after completed steps costs nothing: the next start is immediate and the count begins anew. Deaths without a
// single step in between say that the next one will fare no better, so the pauses double, and after `max_barren` of them
// the worker counts as failed and is only tried again rarely.

#include <chrono>
#include <cstdint>

namespace minerva::gateway {

struct RestartTimes {
  std::chrono::milliseconds first_pause{
      250};  // before the second barren restart in a row; doubles from there
  std::chrono::milliseconds failed_pause{30'000};
  std::uint32_t max_barren = 5;
};

class RestartPolicy {
 public:
  struct Decision {
    std::chrono::milliseconds pause{0};
    bool give_up = false;
  };

  explicit RestartPolicy(RestartTimes times) : times_(times) {}

  // One that is `explained` says nothing about the worker: the next start is immediate, and the count stays.
  [[nodiscard]] Decision after_death(bool completed_a_step, bool explained = false);

  // For a worker that says itself that it cannot serve (no such model): more of the same in short order helps nobody.
  [[nodiscard]] Decision after_refusal() const { return {.pause = times_.failed_pause, .give_up = true}; }

  // Deaths in a row before which no step completed.
  [[nodiscard]] std::uint32_t n_barren() const { return n_barren_; }

 private:
  RestartTimes times_;
  std::uint32_t n_barren_ = 0;
};

}  // namespace minerva::gateway
