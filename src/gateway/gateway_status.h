#pragma once
// How the gateway and its worker are.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/service_event.h"
#include "gateway/worker_state.h"
#include "wire/types.h"

namespace minerva::gateway {

// The worker that stands by.
struct StandbyStatus {
  int pid = 0;
  WorkerState state = WorkerState::kStarting;  // kStarting, kLoading or kReady
  float load_fraction = 0.0F;
};

// Everything /health and the terminal show. A copy; cheap enough to take for every request.
struct GatewayStatus {
  WorkerState worker = WorkerState::kStarting;
  float load_fraction = 0.0F;
  std::string model_name;
  std::optional<wire::ModelCard> card;  // of the worker that serves, or served last
  std::string engine_version;
  wire::EngineStatus engine;
  // Age of the last word from the worker. One that is ready reports after each step, and once a second while it has
  // nothing to do: a greater age is a long step or a hang.
  std::chrono::milliseconds since_last_report{0};
  // A greater age than this means that it hangs; 0 while it owes nothing.
  std::chrono::milliseconds patience{0};
  int worker_pid = 0;            // 0 while there is none
  std::uint32_t n_active = 0;    // accepted and not ended
  std::uint32_t n_restarts = 0;  // of the worker, after the first start
  bool wants_standby = false;
  std::optional<StandbyStatus> standby;  // while there is one
  bool draining = false;
  std::optional<Error> last_error;   // why the worker failed or died last
  std::vector<ServiceEvent> events;  // the newest, oldest first
};

}  // namespace minerva::gateway
