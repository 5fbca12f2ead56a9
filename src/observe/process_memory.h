#pragma once
// What a process has in memory now, from /proc/PID/statm (proc_pid_statm(5)). A model file that is mapped counts as far as it
// was read. Threads: any.

#include <cstdint>
#include <optional>

namespace minerva::observe {

// Bytes; nothing when there is no such process.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(int pid);

}  // namespace minerva::observe
