#include "cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "cli/nearest_name.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr std::array kCommands{
    Command{.name = "serve", .summary = "Serve a model over HTTP", .run = serve_command},
    Command{.name = "run", .summary = "Chat with a model in the terminal", .run = run_command},
    Command{.name = "doctor",
            .summary = "Say what this machine has and what Minerva would do with it",
            .run = doctor_command},
    Command{.name = "drill",
            .summary = "Make a running server's worker fail in every way, and say what its clients saw",
            .run = drill_command},
    Command{
        .name = "plan", .summary = "Say where a model would go and what it would take", .run = plan_command},
    Command{.name = "version", .summary = "Print the version", .run = version_command},
    Command{.name = "settings",
            .summary = "Print the table of settings",
            .run = settings_command,
            .hidden = true},
};

void print_help() {
  fmt::print(
      "Minerva {}: a local server for language models.\n\nUsage: minerva COMMAND [OPTIONS]\n\nCommands:\n",
      MINERVA_VERSION);
  for (const Command& command : kCommands) {
    if (!command.hidden) fmt::print("  {:<10} {}\n", command.name, command.summary);
  }
  fmt::print(
      "\nExamples:\n"
      "  minerva serve                       serve the built-in demo model on http://127.0.0.1:8080\n"
      "  minerva serve --model FILE.gguf     serve a model of your own\n"
      "  minerva run                         chat with it\n"
      "  minerva run \"What is the capital of France?\"\n"
      "  minerva doctor                      what this machine can do\n"
      "\n`minerva COMMAND --help` says more.\n");
}

Result<int> dispatch(Arguments arguments) {
  const std::string& word = arguments.front();
  if (word == "--version" || word == "-V") return version_command({});
  if (const auto* found = std::ranges::find(kCommands, word, &Command::name); found != kCommands.end()) {
    return found->run(arguments.subspan(1));
  }
  std::vector<std::string> names;
  names.reserve(kCommands.size());
  for (const Command& command : kCommands) names.emplace_back(command.name);
  const std::string_view kind = word.starts_with('-') ? "flag" : "command";
  return fail(ErrorCode::kInvalidConfiguration,
              fmt::format("unknown {} '{}'{}; minerva --help lists the commands", kind, word,
                          did_you_mean(word, names)));
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run_program(Arguments arguments) {
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h" ||
      arguments.front() == "help") {
    print_help();
    return 0;
  }
  const Result<int> status = dispatch(arguments);
  if (status) return *status;
  print_error(status.error());
  return exit_status(status.error());
}

}  // namespace minerva::cli
