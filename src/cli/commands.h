#pragma once
// The commands of the program, one file each. A command gets the words after its name and gives its exit status, or the
// error that main() prints.
//
// Threads: main's.

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::cli {

using Arguments = std::span<const std::string>;

[[nodiscard]] Result<int> serve_command(Arguments arguments);
[[nodiscard]] Result<int> run_command(Arguments arguments);
[[nodiscard]] Result<int> doctor_command(Arguments arguments);
[[nodiscard]] Result<int> drill_command(Arguments arguments);
[[nodiscard]] Result<int> plan_command(Arguments arguments);
[[nodiscard]] Result<int> settings_command(Arguments arguments);
[[nodiscard]] Result<int> version_command(Arguments arguments);

struct Command {
  std::string_view name;
  std::string_view summary;
  Result<int> (*run)(Arguments arguments);
  bool hidden = false;
};

[[nodiscard]] std::span<const Command> commands();

// Chooses the command by the first word and runs it; help when there is none. Prints errors and gives the exit status.
[[nodiscard]] int run_program(Arguments arguments);

}  // namespace minerva::cli
