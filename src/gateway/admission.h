#pragma once
// How many requests may be open at once, and when a refused client should come back. Pure.

#include <chrono>
#include <cstdint>

#include "base/error.h"

namespace minerva::gateway {

class Admission {
 public:
  // `max_queue`: requests that may wait beyond the `n_parallel` that run.
  explicit Admission(std::uint32_t max_queue) : max_queue_(max_queue) {}

  // kQueueFull when `n_open` requests leave no place for another; its retry_after_s is when one is likely to be free.
  [[nodiscard]] Status admit(std::uint32_t n_open, std::uint32_t n_parallel) const;

  // Of a request that was served to its end.
  void note_duration(std::chrono::milliseconds duration);

 private:
  [[nodiscard]] std::uint32_t retry_after_s(std::uint32_t n_open, std::uint32_t n_parallel) const;

  std::uint32_t max_queue_;
  double mean_duration_ms_ = 0;  // exponential moving mean; 0 until the first request ended
};

}  // namespace minerva::gateway
