#pragma once
// One command's arguments: the settings it takes, options of its own, and its help.
//
// Threads: one. The targets of options outlive parse().

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/settings/assignment.h"

namespace minerva::cli {

// What --help says around the options.
struct CommandHelp {
  std::string name;      // "minerva serve"
  std::string summary;   // what it does, in a few sentences
  std::string examples;  // lines, each a command and what it is for
};

class CommandLine {
 public:
  explicit CommandLine(CommandHelp help);
  ~CommandLine();

  // All settings of the table, or those named.
  void add_all_settings();
  void add_settings(std::span<const std::string_view> names);

  void add_option(const std::string& flag, const std::string& value_name, const std::string& help,
                  std::string& target);
  void add_switch(const std::string& flag, const std::string& help, bool& target);
  // Whatever stands without a flag.
  void add_words(const std::string& value_name, const std::string& help, std::vector<std::string>& target);

  enum class Outcome { kParsed, kHelpShown };

  // kInvalidConfiguration for a flag that does not exist (with the nearest that does) or lacks its value.
  [[nodiscard]] Result<Outcome> parse(std::span<const std::string> arguments);

  // The settings given as flags; after parse().
  [[nodiscard]] Assignments flags() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minerva::cli
