#pragma once
// All sources together: flag before environment before file before default.
//
// Threads: pure but for reading the file.

#include <optional>
#include <string>

#include "base/error.h"
#include "cli/settings/assignment.h"
#include "cli/settings/settings.h"
#include "cli/settings/settings_environment.h"

namespace minerva::cli {

// kInvalidConfiguration names the source: "--port: '99999' is not …", "config.toml line 3, port: …".
[[nodiscard]] Result<Settings> load_settings(const Assignments& flags, const Environment& environment);

// Where the configuration file lies when nobody names one: $XDG_CONFIG_HOME/minerva/config.toml, else below ~/.config;
// empty when neither variable is set.
[[nodiscard]] std::string usual_config_path(const Environment& environment);

}  // namespace minerva::cli
