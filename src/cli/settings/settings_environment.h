#pragma once
// Settings from the environment: MINERVA_CTX_SIZE and so on.
//
// Threads: pure; the caller hands over the variables.

#include <map>
#include <string>

#include "base/error.h"
#include "cli/settings/assignment.h"

namespace minerva::cli {

using Environment = std::map<std::string, std::string>;

// The variables of this process that begin with MINERVA_, and those that say where files lie (HOME, XDG_CONFIG_HOME,
// XDG_CACHE_HOME).
[[nodiscard]] Environment process_environment();

// Variables that no setting has are left alone, unless one looks like a mistyped setting: then kInvalidConfiguration.
[[nodiscard]] Result<Assignments> assignments_from_environment(const Environment& environment);

}  // namespace minerva::cli
