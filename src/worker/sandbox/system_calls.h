#pragma once
// The system calls that a worker gives up, as a filter of the kernel (seccomp), for all threads of this process. Linux.
//
// What is not refused is allowed: drivers of GPUs and the library's threads use many calls, and which ones changes with every version; the
// refused ones are those that reach another program, process, machine or the kernel's own settings.

#include "base/error.h"

namespace minerva::worker {

// Refused calls fail with EPERM, so that a driver that only tries one goes on; clone3 with ENOSYS, after which the C library takes
// clone, whose flags a filter can read.
[[nodiscard]] Status refuse_system_calls();

}  // namespace minerva::worker
