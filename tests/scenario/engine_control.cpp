#include "engine_control.h"

#include <utility>

namespace minerva::scenario {

void EngineControl::set_free(bool free) {
  const std::lock_guard lock{mutex_};
  free_ = free;
  changed_.notify_all();
}

bool EngineControl::is_free() {
  const std::lock_guard lock{mutex_};
  return free_;
}

void EngineControl::grant_step() {
  const std::lock_guard lock{mutex_};
  ++n_granted_;
  changed_.notify_all();
}

void EngineControl::forget_grants() {
  const std::lock_guard lock{mutex_};
  n_granted_ = 0;
}

void EngineControl::set_load_held(bool held) {
  const std::lock_guard lock{mutex_};
  load_held_ = held;
  load_fraction_ = 0.0F;
  changed_.notify_all();
}

void EngineControl::set_load_fraction(float fraction) {
  const std::lock_guard lock{mutex_};
  load_fraction_ = fraction;
  changed_.notify_all();
}

void EngineControl::fail_loads_with(std::optional<Error> error) {
  const std::lock_guard lock{mutex_};
  load_error_ = std::move(error);
  changed_.notify_all();
}

void EngineControl::set_deaths_on_load(std::uint32_t n) {
  const std::lock_guard lock{mutex_};
  n_deaths_on_load_ = n;
}

bool EngineControl::wait_for_step(const std::stop_token& dead) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait(lock, dead, [this] { return free_ || n_granted_ > 0; })) return false;
  if (!free_) --n_granted_;
  return true;
}

LoadOrder EngineControl::wait_for_load(const std::stop_token& dead, float told) {
  std::unique_lock lock{mutex_};
  if (n_deaths_on_load_ > 0) {
    --n_deaths_on_load_;
    return {.kind = LoadOrder::Kind::kDie, .error = {}};
  }
  const bool ordered =
      changed_.wait(lock, dead, [&] { return !load_held_ || load_error_ || load_fraction_ > told; });
  if (!ordered) return {.kind = LoadOrder::Kind::kDie, .error = {}};
  if (load_error_) return {.kind = LoadOrder::Kind::kFail, .error = *load_error_};
  if (!load_held_) return {.kind = LoadOrder::Kind::kSucceed, .error = {}};
  return {.kind = LoadOrder::Kind::kProgress, .fraction = load_fraction_, .error = {}};
}

}  // namespace minerva::scenario
