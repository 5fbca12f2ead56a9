#include "cli/settings/setting.h"

#include <algorithm>
#include <cctype>
#include <ranges>

namespace minerva::cli {

std::string_view to_string(SettingGroup group) {
  switch (group) {
    case SettingGroup::kModel: return "Model";
    case SettingGroup::kComputation: return "Computation";
    case SettingGroup::kServer: return "Server";
    case SettingGroup::kLimits: return "Limits";
    case SettingGroup::kProgram: return "Program";
  }
  return "";
}

std::string environment_name(const Setting& setting) {
  std::string name = "MINERVA_";
  for (const char letter : setting.name) {
    name += letter == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return name;
}

std::vector<std::string> flag_names(const Setting& setting) {
  std::vector<std::string> names{"--" + std::string{setting.name}};
  for (const auto part : std::views::split(setting.aliases, ',')) {
    if (!part.empty()) names.emplace_back(part.begin(), part.end());
  }
  return names;
}

}  // namespace minerva::cli
