#pragma once
// Where the built-in demo model lies.
//
// Threads: pure but for looking at files.

#include <filesystem>

#include "base/error.h"
#include "cli/settings/settings_environment.h"

namespace minerva::cli {

// The first that is there: $MINERVA_DEMO_MODEL, ../share/minerva/models/minerva-demo.gguf from `program_folder` (an
// installed tree), models/minerva-demo.gguf of the source tree this program was built from. kModelNotFound names them.
[[nodiscard]] Result<std::filesystem::path> find_demo_model(const Environment& environment,
                                                            const std::filesystem::path& program_folder);

// The folder of the running program.
[[nodiscard]] std::filesystem::path program_folder();

}  // namespace minerva::cli
