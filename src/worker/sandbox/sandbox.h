#pragma once
// What the worker gives up before it opens a model file, which comes from a stranger: all files but those it needs, the network, other
// programs and other processes. What was written into the file then has the worker at most.
//
// Threads: called once, while the calling thread is the only one; those that begin later have given up the same. There is no way back.
// docs/sandbox.md lists what is left, and why.

#include "base/error.h"
#include "wire/types.h"

namespace minerva::worker {

// What holds from now on. kInvalidConfiguration when `options` want everything and this system lacks a part; then
// nothing is promised.
[[nodiscard]] Result<wire::Sandbox> enter_sandbox(const wire::LoadOptions& options);

}  // namespace minerva::worker
