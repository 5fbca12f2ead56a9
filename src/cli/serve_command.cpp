// minerva serve: a server in the foreground, until SIGTERM or Ctrl-C.

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/open_files.h"
#include "cli/service.h"
#include "cli/service_plan.h"
#include "cli/settings/settings_loader.h"
#include "cli/startup_report.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells have it

CommandHelp help() {
  return {.name = "minerva serve",
          .summary =
              "Serves a model over HTTP, in OpenAI's protocol. Settings may also come from the environment "
              "and from a file;\n"
              "see docs/configuration.md.",
          .examples =
              "  minerva serve                                     the demo model on http://127.0.0.1:8080\n"
              "  minerva serve -m FILE.gguf -c 16384 -np 4         four requests at once, 4096 tokens each\n"
              "  minerva serve -m FILE.gguf --device none -t 8     on the CPU alone, with 8 threads\n"
              "  minerva serve --host 0.0.0.0 --api-key-file keys  for other machines too"};
}

// The first Ctrl-C or SIGTERM drains, the second Ctrl-C ends the program where it stands; the worker ends with it.
std::function<void(int)> signal_answer() {
  return [interrupts = 0](int signal) mutable {
    if (signal != SIGINT) {
      fmt::print(stderr, "SIGTERM: no new requests; ending when those that run have ended\n");
      return;
    }
    if (++interrupts > 1) ::_exit(kInterrupted);
    fmt::print(stderr,
               "\nending when the requests that run have ended; press Ctrl-C again to stop at once\n");
  };
}

// A connection that no file is left for would hang, and with it those that wait behind it; one over the setting is told.
void fit_connections(http::Limits& limits) {
  const std::uint64_t n_files = raise_open_file_limit();
  const std::uint32_t fitting = connections_within(n_files, limits.max_connections);
  if (fitting < limits.max_connections) {
    log::warn("serve",
              "this process may have {} files open, so it takes {} connections and not {}: raise the limit "
              "with 'ulimit -Hn', or set --max-connections",
              n_files, fitting, limits.max_connections);
  }
  limits.max_connections = fitting;
}

}  // namespace

Result<int> serve_command(Arguments arguments) {
  CommandLine line(help());
  line.add_all_settings();
  const auto outcome = line.parse(arguments);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == CommandLine::Outcome::kHelpShown) return 0;

  const Environment environment = process_environment();
  const auto settings = load_settings(line.flags(), environment);
  if (!settings) return std::unexpected(settings.error());
  log::configure(settings->log_level, "");
  auto plan = plan_service(*settings, environment);
  if (!plan) return std::unexpected(plan.error());
  if (!plan->warning.empty()) log::warn("serve", "{}", plan->warning);

  fit_connections(plan->options.limits);

  // The service calls this once it runs; the report needs the port, which is known when the service exists.
  StartupReport* report = nullptr;
  plan->options.on_change = [&report](const gateway::GatewayStatus& status) { report->update(status); };
  plan->options.on_signal = signal_answer();
  const std::string model = plan->options.load.model_path;
  auto service = Service::start(std::move(plan->options));
  if (!service) return std::unexpected(service.error());
  StartupReport shown(url_of(settings->host, (*service)->port()), plan->is_demo, is_terminal(Stream::kError));
  report = &shown;
  shown.begin(model);
  if (Status ended = (*service)->run(); !ended) return std::unexpected(ended.error());
  return 0;
}

}  // namespace minerva::cli
