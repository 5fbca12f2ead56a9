#pragma once
// How a worker comes to be. The product launches minerva-worker as a child process; scenario tests run the same worker
// loop over a scripted engine.
//
// Threads: the gateway's I/O thread.

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include "base/error.h"

namespace minerva::gateway {

struct WorkerExit {
  std::string how;  // in words for a log and an error: "signal 9 (Killed)", "exit status 1"
  std::string
      last_words;  // the last lines it wrote to standard error: evidence for the log, never for a client
};

// A launched worker. The descriptor is the gateway's end of the socket pair, non-blocking; whoever takes it owns it.
class WorkerHandle {
 public:
  virtual ~WorkerHandle() = default;

  [[nodiscard]] virtual int take_socket() = 0;
  [[nodiscard]] virtual int pid() const = 0;

  // It exists and does not run because somebody stopped it (SIGSTOP). False for one that a debugger holds.
  [[nodiscard]] virtual bool is_stopped() const = 0;

  // Ends it at once, whatever it does (SIGKILL). Idempotent.
  virtual void kill() = 0;

  // Once, after the socket closed: waits for its end, ends it with kill() when that takes long, and says how it went.
  // Done within a few seconds in any case. The handle lives until then.
  [[nodiscard]] virtual boost::asio::awaitable<WorkerExit> reap() = 0;
};

class WorkerLauncher {
 public:
  virtual ~WorkerLauncher() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<WorkerHandle>> launch() = 0;
};

}  // namespace minerva::gateway
