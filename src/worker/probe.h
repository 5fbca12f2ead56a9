#pragma once
// `minerva-worker --probe`: what this machine has, as one line of JSON.

#include <string>

#include "base/error.h"

namespace minerva::worker {

// A wire::MachineReport as JSON. Loads every ggml back end, and with it the machine's drivers.
[[nodiscard]] Result<std::string> probe_machine();

}  // namespace minerva::worker
