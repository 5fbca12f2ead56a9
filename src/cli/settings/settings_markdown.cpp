#include "cli/settings/settings_markdown.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "cli/settings/settings_table.h"

namespace minerva::cli {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

This page is made by `minerva settings --markdown` from the table in `src/cli/settings/settings_table.cpp`; a test fails when
the two differ.

A setting is a flag, an environment variable or a key of the configuration file. A flag counts before a variable, a variable
before the file, the file before the default. What does not parse is an error that names its place; so is a key or flag that
does not exist.

The file is TOML without sections: `$XDG_CONFIG_HOME/minerva/config.toml` (`~/.config/minerva/config.toml`) if it is there, or
the one that `--config` or `MINERVA_CONFIG` names.

```toml
model = "/srv/models/qwen3-4b-q4_k_m.gguf"
ctx-size = 16384
parallel = 4
gpu-layers = "auto"
device = ["Vulkan0"]
api-key-file = "/etc/minerva/keys"
drain-timeout = "1m"
```

Names are those of `llama-server` where the meaning is the same. Sizes are binary (`32M` is 32 MiB); times have a unit (`500ms`,
`30s`, `2m`), seconds when there is none.
)";

std::string row(const Setting& setting) {
  std::string flags;
  for (const std::string& flag : flag_names(setting)) {
    if (!flags.empty()) flags += ", ";
    flags += "`" + flag + "`";
  }
  const std::string value = setting.value_name.empty() ? "" : fmt::format(" {}", setting.value_name);
  const std::string standard =
      setting.default_text.empty() ? "none" : fmt::format("`{}`", setting.default_text);
  return fmt::format("| {}{} | `{}` | {} | {} | {}.{} |\n", flags, value, environment_name(setting), standard,
                     setting.range, setting.help, setting.in_file ? "" : " Not in the file.");
}

}  // namespace

std::string settings_markdown() {
  std::string text{kIntroduction};
  constexpr std::array kGroups{SettingGroup::kModel, SettingGroup::kComputation, SettingGroup::kServer,
                               SettingGroup::kLimits, SettingGroup::kProgram};
  for (const SettingGroup group : kGroups) {
    text += fmt::format(
        "\n## {}\n\n| flag | variable | default | takes | meaning |\n| --- | --- | --- | --- | --- |\n",
        to_string(group));
    for (const Setting& setting : settings_table()) {
      if (setting.group == group && !setting.hidden) text += row(setting);
    }
  }
  return text;
}

}  // namespace minerva::cli
