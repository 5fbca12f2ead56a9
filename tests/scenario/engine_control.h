#pragma once
// The scenario's hand on the engine: it runs freely, or one step for each that is granted; a load goes through, or as far
// as it is told.
//
// Threads: the scenario's thread gives orders, a worker's engine thread waits for them. One control for all workers of a
// scenario, one after the other.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/error.h"

namespace minerva::scenario {

struct LoadOrder {
  enum class Kind : std::uint8_t { kProgress, kSucceed, kFail, kDie };
  Kind kind = Kind::kSucceed;
  float fraction = 1.0F;
  Error error;
};

class EngineControl {
 public:
  // --- the scenario's thread

  void set_free(bool free);
  [[nodiscard]] bool is_free();
  void grant_step();
  // Grants that no worker took are void: its death, for one, took their sense.
  void forget_grants();

  void set_load_held(bool held);
  void set_load_fraction(float fraction);
  void fail_loads_with(std::optional<Error> error);
  // The next so many workers die while they load.
  void set_deaths_on_load(std::uint32_t n);

  // --- an engine thread; `dead` is stopped when its worker dies

  // False when the worker died while it waited.
  [[nodiscard]] bool wait_for_step(const std::stop_token& dead);
  // What the load does next, after it reported the fraction `told`.
  [[nodiscard]] LoadOrder wait_for_load(const std::stop_token& dead, float told);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool free_ = true;
  std::uint32_t n_granted_ = 0;
  bool load_held_ = false;
  float load_fraction_ = 0.0F;
  std::optional<Error> load_error_;
  std::uint32_t n_deaths_on_load_ = 0;
};

}  // namespace minerva::scenario
