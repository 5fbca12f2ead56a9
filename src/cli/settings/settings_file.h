#pragma once
// The configuration file: TOML, one key a setting, no sections.
//
// Threads: pure but for reading the file.

#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/settings/assignment.h"

namespace minerva::cli {

// kInvalidConfiguration names the file and the line.
[[nodiscard]] Result<Assignments> read_settings_file(const std::string& path);

// `name` is what errors call the text.
[[nodiscard]] Result<Assignments> parse_settings_text(std::string_view text, const std::string& name);

}  // namespace minerva::cli
