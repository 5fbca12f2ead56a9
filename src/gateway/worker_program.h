#pragma once
// Where minerva-worker is.

#include <filesystem>

#include "base/error.h"

namespace minerva::gateway {

// The first that is there: $MINERVA_WORKER, minerva-worker beside this program, ../libexec/minerva/minerva-worker from it
// (an installed tree). kInvalidConfiguration naming the places when there is none.
[[nodiscard]] Result<std::filesystem::path> find_worker_program();

}  // namespace minerva::gateway
