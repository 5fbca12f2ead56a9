#pragma once
// The one table of settings. Flags, environment, file, help and docs/configuration.md all come from it.
//
// Threads: constants.

#include <span>
#include <string_view>

#include "cli/settings/setting.h"

namespace minerva::cli {

[[nodiscard]] std::span<const Setting> settings_table();

// Null when there is none of this name.
[[nodiscard]] const Setting* find_setting(std::string_view name);

// The same for a flag as typed ("--ctx-size", "-c").
[[nodiscard]] const Setting* find_setting_by_flag(std::string_view flag);

}  // namespace minerva::cli
