#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/settings/settings_markdown.h"

namespace minerva::cli {

Result<int> settings_command(Arguments arguments) {
  bool markdown = false;
  CommandLine line({.name = "minerva settings",
                    .summary = "Prints the table of settings, as docs/configuration.md has it.",
                    .examples = "  minerva settings --markdown > docs/configuration.md"});
  line.add_switch("--markdown", "In Markdown, the only form there is.", markdown);
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kHelpShown) return 0;
  if (!markdown)
    return fail(ErrorCode::kInvalidConfiguration, "say in which form: minerva settings --markdown");
  fmt::print("{}", settings_markdown());
  return 0;
}

}  // namespace minerva::cli
