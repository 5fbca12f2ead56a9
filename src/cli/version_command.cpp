#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/commands.h"

namespace minerva::cli {

Result<int> version_command(Arguments arguments) {
  CommandLine line(
      {.name = "minerva version", .summary = "Prints the version.", .examples = "  minerva version"});
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kParsed) fmt::print("minerva {}\n", MINERVA_VERSION);
  return 0;
}

}  // namespace minerva::cli
