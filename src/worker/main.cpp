// minerva-worker: one model on one placement, behind a socket. The gateway starts it; a person only asks it things.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "inference/draft_loader.h"
#include "inference/library_fault.h"
#include "inference/llama_cpp_backend.h"
#include "inference/llama_log.h"
#include "inference/ordered_fault.h"
#include "wire/channel.h"
#include "worker/plan_report.h"
#include "worker/probe.h"
#include "worker/sandbox/sandbox.h"
#include "worker/worker_loop.h"

namespace {

using namespace minerva;

constexpr int kUsage = 2;

int explain(const Error& error) {
  fmt::print(stderr, "minerva-worker: {}\n", to_string(error));
  return traits(error.code).exit_status;
}

// Ctrl-C reaches the terminal's whole group, and what becomes of the worker then is the gateway's decision. Should the
// gateway die without a word, the kernel ends the worker (and so does the end of the stream).
void settle_signals() {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int serve(int fd) {
  if (::fcntl(fd, F_GETFD) < 0) {
    fmt::print(stderr,
               "minerva-worker: descriptor {} is not open: this program is started by 'minerva serve'\n", fd);
    return kUsage;
  }
  settle_signals();
  inference::obey_drill_signals();
  wire::Channel channel{fd};
  const auto load = [](const wire::LoadOptions& options, const worker::LoadProgress& progress) {
    return inference::LlamaCppBackend::load(options, progress);
  };
  inference::tell_before_the_end(
      [&](const Error& error) { (void)channel.send(wire::Dying{.error = error}); });
  worker::WorkerLoop loop{channel, load, inference::LlamaCppBackend::version(), inference::load_draft_model,
                          worker::enter_sandbox};
  const Status ended = loop.run();
  if (!ended) return explain(ended.error());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs one model for Minerva's gateway. Started by 'minerva serve'; by hand it answers --probe and "
      "--plan.",
      "minerva-worker"};
  int fd = 3;
  bool probe = false;
  std::string plan;
  std::string log_level = "info";
  app.add_option("--fd", fd, "The socket to the gateway, an open descriptor")->capture_default_str();
  app.add_option("--log-level", log_level, "debug, info, warn, error or off")->capture_default_str();
  app.add_flag("--probe", probe, "Print devices, back ends and CPU features as JSON, and end");
  app.add_option("--plan", plan,
                 "Print as JSON what a load with these options, also JSON, would come to, and end");
  app.set_version_flag("--version", fmt::format("minerva-worker {} ({})", MINERVA_VERSION,
                                                inference::LlamaCppBackend::version()));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  const auto level = log::parse_level(log_level);
  if (!level) return explain(level.error());
  log::configure(*level, "worker");
  inference::install_llama_log();
  if (!probe && plan.empty()) return serve(fd);
  const auto report = probe ? worker::probe_machine() : worker::plan_report(plan);
  if (!report) return explain(report.error());
  fmt::print("{}\n", *report);
  return 0;
}
