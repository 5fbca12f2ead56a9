#pragma once
// Where on the ladder of smaller placements (inference/ladder.h) the next worker begins, after one ended. Pure.
//
//   out of memory        the next rung
//   the device is lost   the same rung once more, because devices come back; a second time without work between: the CPU
//   anything else        the same; on a GPU the CPU after two deaths in a row without a step
//
// When the server is idle for a while it is tried as asked again; the while doubles with each fall.

#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "wire/types.h"

namespace minerva::gateway {

class Fallback {
 public:
  struct Death {
    ErrorCode code = ErrorCode::kWorkerCrashed;  // kOutOfMemory, kGpuNotAvailable, or another
    std::uint32_t rung = 0;                      // that it was on
    bool on_gpu = false;                         // some of it was, or may have been
    std::uint64_t n_steps = 0;                   // that it completed
  };

  // Whether the next one begins lower.
  bool after_death(const Death& death);

  [[nodiscard]] std::uint32_t rung() const { return rung_; }

  // It is known that what is larger does not do: from an earlier server, or from a load that became smaller by itself.
  void begin_at(std::uint32_t rung) { rung_ = rung; }

  // How long the server must be idle before it is tried from the top.
  [[nodiscard]] std::chrono::milliseconds climb_after() const { return climb_after_; }
  void climb() { rung_ = 0; }

 private:
  static constexpr std::chrono::milliseconds kFirstClimb{60'000};
  static constexpr std::chrono::milliseconds kLastClimb{3'600'000};
  static constexpr std::uint64_t kStepsOfAWorkingOne = 32;
  static constexpr std::uint32_t kMostBad = 2;

  [[nodiscard]] std::uint32_t rung_after(const Death& death) const;

  std::uint32_t rung_ = 0;
  std::uint32_t n_bad_ = 0;  // deaths on a GPU in a row without work between
  std::chrono::milliseconds climb_after_ = kFirstClimb;
};

}  // namespace minerva::gateway
