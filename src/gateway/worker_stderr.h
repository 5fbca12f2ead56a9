#pragma once
// Reads what a worker writes to standard error: into the log as it comes, and into a bounded tail for the moment it dies.
//
// The worker's log lines ("time level [worker] room: text") keep their level; everything else, a library's chatter or the
// last words of an abort, is logged for debugging only.
//
// Threads: the executor's one thread. Shared with its own reading coroutine.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "gateway/line_tail.h"
#include "gateway/wakeup.h"

namespace minerva::gateway {

struct WorkerLogLine {
  log::Level level = log::Level::kDebug;
  std::string_view text;
};

[[nodiscard]] WorkerLogLine parse_worker_line(std::string_view line);

class WorkerStderr {
 public:
  // Takes the reading end of the pipe.
  WorkerStderr(const boost::asio::any_io_executor& executor, int pipe);

  static void start(const std::shared_ptr<WorkerStderr>& self);

  // Waits until everything was read, for a while at most: a descendant of the worker may keep the pipe open. Nothing is
  // read afterwards.
  [[nodiscard]] static boost::asio::awaitable<void> finish(std::shared_ptr<WorkerStderr> self,
                                                           std::chrono::milliseconds patience);

  // Stops reading; the coroutine ends soon after.
  void close();

  [[nodiscard]] std::string text() const { return tail_.text(); }

 private:
  [[nodiscard]] static boost::asio::awaitable<void> read(std::shared_ptr<WorkerStderr> self);

  boost::asio::posix::stream_descriptor pipe_;
  LineTail tail_;
  bool done_ = false;
  Wakeup ended_;
};

}  // namespace minerva::gateway
