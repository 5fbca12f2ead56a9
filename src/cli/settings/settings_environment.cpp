#include "cli/settings/settings_environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "cli/nearest_name.h"
#include "cli/settings/settings_table.h"

namespace minerva::cli {
namespace {

constexpr std::string_view kPrefix = "MINERVA_";
// Closer to a setting's name than this is a typing mistake, farther away is another program's variable.
constexpr std::size_t kMistypedLetters = 2;

const Setting* find_by_variable(std::string_view variable) {
  for (const Setting& setting : settings_table()) {
    if (environment_name(setting) == variable) return &setting;
  }
  return nullptr;
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    if (name.starts_with(kPrefix) || name == "HOME" || name == "XDG_CONFIG_HOME" ||
        name == "XDG_CACHE_HOME") {
      environment.emplace(name, text.substr(equals + 1));
    }
  }
  return environment;
}

Result<Assignments> assignments_from_environment(const Environment& environment) {
  Assignments assignments;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix)) continue;
    if (const Setting* setting = find_by_variable(name)) {
      assignments.push_back({.setting = setting, .values = {value}, .origin = name});
      continue;
    }
    for (const Setting& setting : settings_table()) {
      const std::string known = environment_name(setting);
      if (!setting.hidden && edit_distance(name, known) <= kMistypedLetters) {
        return fail(ErrorCode::kInvalidConfiguration,
                    fmt::format("environment: unknown variable '{}'; did you mean '{}'?", name, known), name);
      }
    }
  }
  return assignments;
}

}  // namespace minerva::cli
