#include "cli/settings/settings_loader.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/settings/settings_file.h"
#include "cli/settings/settings_table.h"

namespace minerva::cli {
namespace {

Status apply(Settings& settings, const Assignments& assignments) {
  for (const Assignment& assignment : assignments) {
    if (Status set = assignment.setting->set(settings, assignment.values); !set) {
      // A refused secret might be nearly right: its text stays out of terminals and logs.
      const std::string reason =
          assignment.setting->secret ? "the value cannot be used" : set.error().message;
      return fail(ErrorCode::kInvalidConfiguration, fmt::format("{}: {}", assignment.origin, reason),
                  std::string{assignment.setting->name});
    }
  }
  return {};
}

// The file to read: named by flag or environment, else the usual one if it is there, else none (empty).
Result<std::string> choose_config(const Assignments& flags, const Assignments& variables,
                                  const Environment& environment) {
  Settings named;
  for (const Assignments* source : {&variables, &flags}) {
    for (const Assignment& assignment : *source) {
      if (assignment.setting->name != "config") continue;
      if (Status set = apply(named, {assignment}); !set) return std::unexpected(set.error());
    }
  }
  if (!named.config.empty()) return named.config;
  std::string usual = usual_config_path(environment);
  std::error_code ignored;
  return !usual.empty() && std::filesystem::is_regular_file(usual, ignored) ? usual : std::string{};
}

}  // namespace

std::string usual_config_path(const Environment& environment) {
  const auto text_of = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
  };
  if (const std::string folder = text_of("XDG_CONFIG_HOME"); !folder.empty())
    return folder + "/minerva/config.toml";
  if (const std::string home = text_of("HOME"); !home.empty()) return home + "/.config/minerva/config.toml";
  return {};
}

Result<Settings> load_settings(const Assignments& flags, const Environment& environment) {
  const auto variables = assignments_from_environment(environment);
  if (!variables) return std::unexpected(variables.error());
  const auto config = choose_config(flags, *variables, environment);
  if (!config) return std::unexpected(config.error());

  Settings settings;
  if (!config->empty()) {
    const auto file = read_settings_file(*config);
    if (!file) return std::unexpected(file.error());
    if (Status applied = apply(settings, *file); !applied) return std::unexpected(applied.error());
  }
  for (const Assignments* source : {&*variables, &flags}) {
    if (Status applied = apply(settings, *source); !applied) return std::unexpected(applied.error());
  }
  return settings;
}

}  // namespace minerva::cli
