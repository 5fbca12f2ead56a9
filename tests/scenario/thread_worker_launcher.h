#pragma once
// Workers as threads: the real WorkerLoop and engine over a real socket pair, with a scripted backend. One that dies does
// so as a process does: its end of the socket closes, and nothing more is heard of it.
//
// Threads: the launcher and its handles belong to the scenario's thread, which is the gateway's I/O thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine_control.h"
#include "gateway/worker_launcher.h"

namespace minerva::scenario {

struct EngineShape {
  std::uint32_t n_slots = 2;
  std::uint32_t n_context = 64;  // of one sequence
  std::uint32_t n_batch = 16;
  std::optional<std::uint32_t> protocol;  // greets with this version and does nothing else
  std::optional<std::string> dies_of;     // a batch in which a token reads as this ends the worker
  std::uint32_t fits_from_rung = 0;       // on larger placements the third step runs out of memory
  std::optional<std::string> noise;       // says this, which is no message, and does nothing else
};

class WorkerLife;

class ThreadWorkerLauncher final : public gateway::WorkerLauncher {
 public:
  ThreadWorkerLauncher(EngineShape shape, EngineControl& control) : shape_(shape), control_(control) {}

  Result<std::unique_ptr<gateway::WorkerHandle>> launch() override;

  // That worker dies now; false when there is none, or it is dead already.
  bool kill(int pid, const std::string& how);
  // To the gateway its process is stopped from now on; false when there is none.
  bool freeze(int pid);
  [[nodiscard]] std::uint32_t n_launched() const { return n_launched_; }

 private:
  EngineShape shape_;
  EngineControl& control_;
  std::uint32_t n_launched_ = 0;
  std::map<int, std::weak_ptr<WorkerLife>> lives_;  // by process id
};

}  // namespace minerva::scenario
