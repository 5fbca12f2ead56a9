#pragma once
// One row of the settings table: a name that is flag, environment variable and configuration key at once.
//
// Threads: constants.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/settings/settings.h"

namespace minerva::cli {

enum class SettingGroup { kModel, kComputation, kServer, kLimits, kProgram };

[[nodiscard]] std::string_view to_string(SettingGroup group);

enum class SettingShape {
  kValue,   // one text; the last one given counts
  kList,    // several, by repeating the flag, with commas, or as an array in the file
  kSwitch,  // true or false; the flag alone means true
};

// Texts as a source gave them, one for kValue and kSwitch.
using SettingValues = std::span<const std::string>;

struct Setting {
  std::string_view name;  // "ctx-size": --ctx-size, MINERVA_CTX_SIZE, ctx-size = …
  std::string_view aliases =
      {};  // more flags, as typed, with commas between them; llama-server's where it has them
  std::string_view value_name;  // "N"
  std::string_view default_text;
  std::string_view range;  // what may be given
  std::string_view help;   // one sentence, without its full stop
  SettingGroup group;
  SettingShape shape = SettingShape::kValue;
  bool in_file = true;
  bool hidden = false;  // left out of help; for tests and packagers
  bool secret = false;  // the value is never repeated
  Status (*set)(Settings& settings, SettingValues values) = nullptr;
};

// "MINERVA_CTX_SIZE".
[[nodiscard]] std::string environment_name(const Setting& setting);

// All flags of a setting as typed, the long one first.
[[nodiscard]] std::vector<std::string> flag_names(const Setting& setting);

}  // namespace minerva::cli
