#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <ranges>

#include "cli/nearest_name.h"
#include "cli/settings/settings_table.h"

namespace minerva::cli {
namespace {

constexpr std::size_t kHelpColumn = 34;

// CLI11 takes "-md" for "-m d" where there is a "-m".
bool hides_behind_a_letter(std::string_view flag) {
  const bool is_short_word = flag.size() > 2 && flag[0] == '-' && flag[1] != '-';
  return is_short_word && find_setting_by_flag(flag.substr(0, 2)) != nullptr;
}

std::string option_names(const Setting& setting) {
  auto names = flag_names(setting);
  std::erase_if(names, hides_behind_a_letter);
  return fmt::format("{}", fmt::join(names, ","));
}

// The flag's long name where CLI11 would misread it.
std::string as_read(const std::string& argument) {
  const Setting* setting = hides_behind_a_letter(argument) ? find_setting_by_flag(argument) : nullptr;
  return setting == nullptr ? argument : fmt::format("--{}", setting->name);
}

std::string option_help(const Setting& setting) {
  std::string text = fmt::format("{}.", setting.help);
  if (!setting.default_text.empty() && setting.shape != SettingShape::kSwitch) {
    text += fmt::format(" Default: {}.", setting.default_text);
  }
  return text;
}

}  // namespace

class CommandLine::Impl {
 public:
  explicit Impl(CommandHelp help) : app_(help.summary, help.name) {
    app_.allow_extras();
    app_.allow_non_standard_option_names();
    app_.option_defaults()->group("Options");
    app_.set_help_flag("-h,--help", "Show this and end.")->group("Options");
    app_.get_formatter()->column_width(kHelpColumn);
    app_.get_formatter()->enable_description_formatting(false);
    app_.get_formatter()->enable_footer_formatting(false);
    app_.usage(fmt::format("Usage: {} [OPTIONS]", help.name));
    app_.footer("Examples:\n" + help.examples);
  }

  void add_setting(const Setting& setting) {
    // A deque: the options keep references to the values.
    Given& given = given_.emplace_back(Given{.setting = &setting, .values = {}, .option = nullptr});
    if (setting.shape == SettingShape::kSwitch) {
      given.option = app_.add_flag(option_names(setting), given.switch_text, option_help(setting));
    } else {
      given.option = app_.add_option(option_names(setting), given.values, option_help(setting));
      // Without the second, a list would take the words after its value too.
      given.option->type_name(std::string{setting.value_name})->expected(1)->allow_extra_args(false);
      given.option->multi_option_policy(setting.shape == SettingShape::kList
                                            ? CLI::MultiOptionPolicy::TakeAll
                                            : CLI::MultiOptionPolicy::TakeLast);
    }
    given.option->group(setting.hidden ? "" : std::string{to_string(setting.group)});
  }

  Result<Outcome> parse(std::span<const std::string> arguments) {
    std::vector<std::string> reversed(arguments.size());
    std::ranges::transform(arguments, reversed.rbegin(), as_read);
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      fmt::print("{}", app_.help());
      return Outcome::kHelpShown;
    } catch (const CLI::ParseError& error) {
      return refuse(error.what());
    }
    if (const auto extras = app_.remaining(); !extras.empty()) return refuse_extra(extras.front());
    return Outcome::kParsed;
  }

  [[nodiscard]] Assignments flags() const {
    Assignments assignments;
    for (const Given& given : given_) {
      if (given.option->count() == 0) continue;
      std::vector<std::string> values = given.values;
      if (given.setting->shape == SettingShape::kSwitch) values = {given.switch_text};
      assignments.push_back({.setting = given.setting,
                             .values = std::move(values),
                             .origin = fmt::format("--{}", given.setting->name)});
    }
    return assignments;
  }

  CLI::App& app() { return app_; }

 private:
  struct Given {
    const Setting* setting;
    std::vector<std::string> values;
    std::string switch_text{};
    CLI::Option* option;
  };

  [[nodiscard]] std::unexpected<Error> refuse(const std::string& message) const {
    return fail(ErrorCode::kInvalidConfiguration, fmt::format("{}; see {} --help", message, app_.get_name()));
  }

  [[nodiscard]] std::unexpected<Error> refuse_extra(const std::string& extra) const {
    if (!extra.starts_with('-')) return refuse(fmt::format("unexpected argument '{}'", extra));
    const std::string flag = extra.substr(0, extra.find('='));
    std::vector<std::string> known;
    for (const CLI::Option* option : app_.get_options()) {
      if (option->get_group().empty()) continue;
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      for (const std::string& name : option->get_snames()) known.push_back("-" + name);
    }
    return refuse(fmt::format("unknown flag '{}'{}", flag, did_you_mean(flag, known)));
  }

  CLI::App app_;
  std::deque<Given> given_;
};

CommandLine::CommandLine(CommandHelp help) : impl_(std::make_unique<Impl>(std::move(help))) {}
CommandLine::~CommandLine() = default;

void CommandLine::add_all_settings() {
  for (const Setting& setting : settings_table()) impl_->add_setting(setting);
}

void CommandLine::add_settings(std::span<const std::string_view> names) {
  for (const Setting& setting : settings_table()) {
    if (std::ranges::contains(names, setting.name)) impl_->add_setting(setting);
  }
}

void CommandLine::add_option(const std::string& flag, const std::string& value_name, const std::string& help,
                             std::string& target) {
  impl_->app().add_option(flag, target, help)->type_name(value_name)->take_last();
}

void CommandLine::add_switch(const std::string& flag, const std::string& help, bool& target) {
  impl_->app().add_flag(flag, target, help);
}

void CommandLine::add_words(const std::string& value_name, const std::string& help,
                            std::vector<std::string>& target) {
  impl_->app().add_option(value_name, target, help)->type_name("");
  impl_->app().usage(fmt::format("Usage: {} [OPTIONS] [{}]", impl_->app().get_name(), value_name));
}

Result<CommandLine::Outcome> CommandLine::parse(std::span<const std::string> arguments) {
  return impl_->parse(arguments);
}

Assignments CommandLine::flags() const { return impl_->flags(); }

}  // namespace minerva::cli
