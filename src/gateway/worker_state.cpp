#include "gateway/worker_state.h"

namespace minerva::gateway {

std::string_view to_string(WorkerState state) {
  switch (state) {
    case WorkerState::kStarting: return "starting";
    case WorkerState::kLoading: return "loading";
    case WorkerState::kReady: return "ready";
    case WorkerState::kRestarting: return "restarting";
    case WorkerState::kFailed: return "failed";
  }
  return "unknown";
}

std::optional<WorkerState> next_state(WorkerState state, WorkerEvent event) {
  using enum WorkerState;
  const bool lives = state == kStarting || state == kLoading || state == kReady;
  switch (event) {
    case WorkerEvent::kGreeted: return state == kStarting ? std::optional{kLoading} : std::nullopt;
    case WorkerEvent::kLoaded: return state == kLoading ? std::optional{kReady} : std::nullopt;
    case WorkerEvent::kDied: return lives ? std::optional{kRestarting} : std::nullopt;
    case WorkerEvent::kGaveUp:
      return state == kReady || state == kFailed ? std::nullopt : std::optional{kFailed};
    case WorkerEvent::kRetry: return lives ? std::nullopt : std::optional{kStarting};
  }
  return std::nullopt;
}

}  // namespace minerva::gateway
