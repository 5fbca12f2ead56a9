// minerva plan: where a model would go, with the numbers, without loading it.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/doctor/child_output.h"
#include "cli/plan_text.h"
#include "cli/service_plan.h"
#include "cli/settings/settings_loader.h"
#include "cli/terminal.h"
#include "gateway/placement_memory.h"
#include "wire/machine_json.h"

namespace minerva::cli {
namespace {

// Drivers start, and the head of a large model is read from a slow disk; longer is a hang.
constexpr std::chrono::milliseconds kDeadline{120'000};

CommandHelp help() {
  return {.name = "minerva plan",
          .summary =
              "Says where a model would go, and what it would take of each memory, without loading it. Takes "
              "the settings of minerva serve.",
          .examples =
              "  minerva plan FILE.gguf                            on this machine as it is now\n"
              "  minerva plan FILE.gguf -c 32768 --memory-limit 8GiB\n"
              "  minerva plan FILE.gguf --json                     for programs"};
}

Result<wire::PlanReport> ask_worker(const ServicePlan& plan) {
  wire::LoadOptions load = plan.options.load;
  load.margins = gateway::PlacementMemory{plan.options.placement_file}.margins();
  const auto options = wire::to_json(load);
  if (!options) return std::unexpected(options.error());
  const auto output = run_child(plan.options.worker, {"--log-level", "error", "--plan", *options}, kDeadline);
  if (!output) return std::unexpected(output.error());
  return wire::plan_report_from_json(output->output);
}

}  // namespace

Result<int> plan_command(Arguments arguments) {
  bool json = false;
  std::vector<std::string> words;
  CommandLine line(help());
  line.add_switch("--json", "Print JSON.", json);
  line.add_words("MODEL", "The model's file; without one, the built-in demo model.", words);
  line.add_all_settings();
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kHelpShown) return 0;
  if (words.size() > 1)
    return fail(ErrorCode::kInvalidConfiguration, "minerva plan takes one model at a time");

  const Environment environment = process_environment();
  auto settings = load_settings(line.flags(), environment);
  if (!settings) return std::unexpected(settings.error());
  log::configure(settings->log_level, "");
  if (!words.empty()) settings->model = words.front();
  const auto plan = plan_service(*settings, environment);
  if (!plan) return std::unexpected(plan.error());
  const auto report = ask_worker(*plan);
  if (!report) return std::unexpected(report.error());
  if (report->devices.empty() && report->error) return std::unexpected(*report->error);
  fmt::print("{}", json ? plan_json(*report) : plan_text(*report));
  return report->error ? exit_status(*report->error) : 0;
}

}  // namespace minerva::cli
