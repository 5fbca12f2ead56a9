#pragma once
// How long a worker that owes work may be silent before it counts as hung.
//
// One that serves reports after each step, so its silence is bounded by its longest step, which it estimates itself from
// what its steps cost. That can be wrong: a driver compiles kernels, pages of the model come from a slow disk. So a worker
// that was ended for a hang is followed by one that may be silent twice as long, until one has completed steps again.
//
// Pure; a value of one owner.

#include <chrono>
#include <cstdint>

#include "wire/types.h"

namespace minerva::gateway {

// What the worker has been asked for and has not done.
struct Owed {
  std::uint32_t n_requests = 0;
  std::uint64_t prompt_bytes = 0;  // of these, text that is still to be tokenized
};

class Patience {
 public:
  using Time = std::chrono::milliseconds;

  static constexpr Time kWhileLoading{120'000};  // between two words of its progress
  static constexpr Time kFirstStep{60'000};      // pages of the model are read, kernels compiled
  static constexpr Time kShortest{500};
  static constexpr Time kShortestOnGpu{20'000};  // kernels for a new batch size may be compiled at any step
  // A worker that talks and completes no step: it may wait for a disk.
  static constexpr Time kWithoutStep{60'000};
  static constexpr Time kWhileIdle{10'000};  // it speaks once a second
  // For a process that is stopped, which no step takes any time; where another is at hand, little is lost by a mistake.
  static constexpr Time kWhileStopped{400};
  static constexpr Time kWhileStoppedWithStandby{100};

  [[nodiscard]] Time for_step(const wire::EngineStatus& engine, bool on_gpu, const Owed& owed) const;

  void note_hang() { n_hangs_ = n_hangs_ < kMostDoublings ? n_hangs_ + 1 : n_hangs_; }
  // The worker that lives now has completed so many steps.
  void note_steps(std::uint64_t n_completed);

 private:
  static constexpr std::uint32_t kMostDoublings = 6;
  static constexpr std::uint64_t kStepsOfAWorkingOne = 32;
  static constexpr std::uint32_t kLongestSteps = 4;
  static constexpr std::uint64_t kTokenizedBytesPerMs = 256;

  std::uint32_t n_hangs_ = 0;  // in a row
};

}  // namespace minerva::gateway
