#include "cli/startup_report.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/model_text.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr int kBarWidth = 40;
// A load that is over sooner needs no lines about its progress in a log.
constexpr std::chrono::seconds kLongLoad{2};

void line(std::string_view label, std::string_view text) { fmt::print(stderr, "  {:<9} {}\n", label, text); }

}  // namespace

StartupReport::StartupReport(std::string url, bool is_demo, bool on_terminal)
    : url_(std::move(url)), is_demo_(is_demo), on_terminal_(on_terminal) {}

void StartupReport::begin(const std::string& model_path) {
  fmt::print(stderr, "Minerva {}\n", MINERVA_VERSION);
  if (is_demo_) {
    line("model", "the built-in demo model, small and honest about it");
    line("", "another: minerva serve --model FILE.gguf");
  } else {
    line("model", model_path);
  }
}

void StartupReport::update(const gateway::GatewayStatus& status) {
  if (ready_) return;
  switch (status.worker) {
    case gateway::WorkerState::kLoading: return show_progress(status.load_fraction);
    case gateway::WorkerState::kReady: return show_ready(status);
    case gateway::WorkerState::kStarting:
    case gateway::WorkerState::kRestarting:
    case gateway::WorkerState::kFailed: return clear_bar();
  }
}

void StartupReport::show_progress(float fraction) {
  if (on_terminal_) {
    fmt::print(stderr, "\r  {:<9} {}", "loading", progress_bar(fraction, kBarWidth));
    bar_shown_ = true;
    return;
  }
  const int quarter = static_cast<int>(fraction * 4.0F);
  if (quarter <= shown_quarter_ || quarter >= 4 || std::chrono::steady_clock::now() - began_ < kLongLoad)
    return;
  shown_quarter_ = quarter;
  line("loading", fmt::format("{:.0f} %", fraction * 100.0F));
}

void StartupReport::show_ready(const gateway::GatewayStatus& status) {
  ready_ = true;
  clear_bar();
  if (status.card) {
    line("", fmt::format("{}: {}", status.model_name, model_text(*status.card)));
    line("placement", status.card->placement);
    if (status.card->draft) {
      line("draft", draft_text(*status.card->draft));
      line("", status.card->draft->placement);
    }
    line("memory", memory_text(status.card->memory));
    line("context", context_text(*status.card));
  }
  line("engine", status.engine_version);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
  fmt::print(stderr, "ready in {:.1f} s: {}/v1\n", took.count(), url_);
}

void StartupReport::clear_bar() {
  if (bar_shown_) fmt::print(stderr, "\r{:<{}}\r", "", kBarWidth + 24);
  bar_shown_ = false;
}

}  // namespace minerva::cli
