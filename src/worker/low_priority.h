#pragma once
// Work that another process on this machine should not notice.
//
// Threads: any; `work` runs on a thread of its own while the caller waits.

#include <sys/resource.h>
#include <unistd.h>

#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace minerva::worker {

// A tenth of a core's time where somebody else wants it (sched(7): each step of nice is about 1.25 times).
inline constexpr int kLowPriority = 10;

// What `work` gives back. Its thread, and those that it starts, stay at the low priority to their end, since no program may
// raise its own again; the caller's stays as it is. Where the system has no priority for one thread alone, it just runs.
template <typename Work>
[[nodiscard]] auto at_low_priority(const Work& work) -> std::invoke_result_t<Work> {
  std::optional<std::invoke_result_t<Work>> result;
  std::jthread thread{[&] {
#ifdef __linux__
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowPriority);
#endif
    result.emplace(work());
  }};
  thread.join();
  return *std::move(result);
}

}  // namespace minerva::worker
