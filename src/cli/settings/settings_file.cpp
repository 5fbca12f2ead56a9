#include "cli/settings/settings_file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <toml++/toml.hpp>

#include "cli/nearest_name.h"
#include "cli/settings/settings_table.h"

namespace minerva::cli {
namespace {

std::unexpected<Error> refuse(std::string message, std::string_view key = {}) {
  return fail(ErrorCode::kInvalidConfiguration, std::move(message), std::string{key});
}

std::vector<std::string> file_keys() {
  std::vector<std::string> keys;
  for (const Setting& setting : settings_table()) {
    if (setting.in_file && !setting.hidden) keys.emplace_back(setting.name);
  }
  return keys;
}

// A scalar as a user would have typed it; nothing for what no setting takes.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const toml::node& node, SettingShape shape) {
  std::vector<std::string> texts;
  if (const auto* array = node.as_array(); array != nullptr && shape == SettingShape::kList) {
    for (const toml::node& item : *array) {
      auto text = scalar_text(item);
      if (!text) return std::nullopt;
      texts.push_back(*std::move(text));
    }
    return texts;
  }
  auto text = scalar_text(node);
  if (!text) return std::nullopt;
  texts.push_back(*std::move(text));
  return texts;
}

Result<Assignments> assignments_of(const toml::table& table, const std::string& name) {
  Assignments assignments;
  for (const auto& [key, node] : table) {
    const std::string where = fmt::format("{} line {}", name, key.source().begin.line);
    if (node.is_table()) {
      return refuse(fmt::format("{}: settings have no sections such as [{}]", where, key.str()), key.str());
    }
    const Setting* setting = find_setting(key.str());
    if (setting == nullptr || !setting->in_file) {
      return refuse(
          fmt::format("{}: unknown key '{}'{}", where, key.str(), did_you_mean(key.str(), file_keys())),
          key.str());
    }
    auto texts = texts_of(node, setting->shape);
    if (!texts || texts->empty()) {
      return refuse(fmt::format("{}, {}: the value must be {}{}", where, setting->name, setting->range,
                                setting->shape == SettingShape::kList ? ", or an array of such" : ""),
                    setting->name);
    }
    assignments.push_back({.setting = setting,
                           .values = *std::move(texts),
                           .origin = fmt::format("{}, {}", where, setting->name)});
  }
  return assignments;
}

}  // namespace

Result<Assignments> parse_settings_text(std::string_view text, const std::string& name) {
  try {
    return assignments_of(toml::parse(text), name);
  } catch (const toml::parse_error& error) {
    return refuse(fmt::format("{} line {}: {}", name, error.source().begin.line, error.description()));
  }
}

Result<Assignments> read_settings_file(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return refuse(fmt::format("the configuration file {} cannot be read", path), "config");
  return parse_settings_text(text, path);
}

}  // namespace minerva::cli
