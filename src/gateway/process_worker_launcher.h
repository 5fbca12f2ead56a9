#pragma once
// The worker as a child process. It inherits the environment and nothing else:
//
//   0     /dev/null
//   1, 2  a pipe to the gateway (WorkerStderr)
//   3     its end of the socket pair
//
// Every other descriptor is closed in it, so that a client's connection never stays open in a worker. It has a process
// group of its own: Ctrl-C in the terminal reaches the gateway alone, which then decides how the worker ends.
//
// No SIGCHLD handler: a child is waited for by its own id.

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/worker_launcher.h"

namespace minerva::gateway {

inline constexpr int kWorkerSocket = 3;

class ProcessWorkerLauncher final : public WorkerLauncher {
 public:
  // `program` as find_worker_program() gives it; `arguments` come after its name. `executor` runs on the I/O thread.
  ProcessWorkerLauncher(boost::asio::any_io_executor executor, std::filesystem::path program,
                        std::vector<std::string> arguments = {});

  // kInternal when the system refuses a descriptor or a process, kInvalidConfiguration when the program cannot be run.
  [[nodiscard]] Result<std::unique_ptr<WorkerHandle>> launch() override;

 private:
  boost::asio::any_io_executor executor_;
  std::filesystem::path program_;
  std::vector<std::string> arguments_;
};

}  // namespace minerva::gateway
