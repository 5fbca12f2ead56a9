#pragma once
// The kernel's Landlock: what this thread and those it starts may open, connect to and signal. Linux.
//
// Source: Documentation/userspace-api/landlock.rst of the kernel; the C library has no functions for it.

#include <span>

#include "base/error.h"
#include "worker/sandbox/file_rules.h"

namespace minerva::worker {

// The version of its interface that this kernel has; 0: none. 4 knows TCP, 5 requests to devices, 6 signals.
[[nodiscard]] int landlock_version();

// From now on only what the rules name can be opened, no TCP port can be bound or connected to, and no process outside
// signalled, as far as the version goes. PR_SET_NO_NEW_PRIVS is set before.
[[nodiscard]] Status restrict_files(std::span<const FileRule> rules);

}  // namespace minerva::worker
