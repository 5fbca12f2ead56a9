// minerva doctor: what this machine has, and what Minerva would do with it and why.

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/doctor/findings.h"
#include "cli/doctor/machine_facts.h"
#include "cli/doctor/model_trial.h"
#include "cli/service_plan.h"
#include "cli/settings/settings_loader.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr std::array<std::string_view, 14> kSettings{
    "model",      "ctx-size", "parallel",   "threads",   "batch-size",
    "gpu-layers", "device",   "max-itl-ms", "cache-ram", "ignore-memory-check",
    "host",       "port",     "config",     "worker"};
constexpr int kBarWidth = 40;

void show_load(const gateway::GatewayStatus& status) {
  if (!is_terminal(Stream::kError)) return;
  if (status.worker == gateway::WorkerState::kLoading) {
    fmt::print(stderr, "\rtrying the model {}", progress_bar(status.load_fraction, kBarWidth));
  } else {
    fmt::print(stderr, "\r{:<{}}\r", "", kBarWidth + 32);
  }
}

// The model as `minerva serve` with these settings would load it.
void try_the_model(const Settings& settings, const Environment& environment, MachineFacts& facts) {
  Settings alone = settings;
  alone.host = "127.0.0.1";
  alone.api_key_file.clear();
  auto plan = plan_service(alone, environment);
  if (!plan) {
    facts.model = std::unexpected(plan.error());
    return;
  }
  facts.is_demo = plan->is_demo;
  facts.model_path = plan->options.load.model_path;
  facts.model = try_model(plan->options.load, plan->options.worker, show_load);
}

}  // namespace

Result<int> doctor_command(Arguments arguments) {
  bool json = false;
  CommandLine line({.name = "minerva doctor",
                    .summary = "Says what this machine has, and what Minerva would do with it and why. The "
                               "model is loaded once to find out.",
                    .examples = "  minerva doctor                      with the demo model\n"
                                "  minerva doctor --model FILE.gguf    where this model would go\n"
                                "  minerva doctor --json               for programs"});
  line.add_switch("--json", "Print JSON.", json);
  line.add_settings(kSettings);
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kHelpShown) return 0;

  const Environment environment = process_environment();
  const auto settings = load_settings(line.flags(), environment);
  if (!settings) return std::unexpected(settings.error());
  log::configure(log::Level::kOff, "");
  MachineFacts facts = collect_facts(*settings, environment);
  try_the_model(*settings, environment, facts);
  const auto findings = judge(facts);
  fmt::print("{}",
             json ? findings_json(findings, facts) : findings_text(findings, has_colours(Stream::kOutput)));
  return is_healthy(findings) ? 0 : 1;
}

}  // namespace minerva::cli
