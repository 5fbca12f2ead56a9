#include "cli/doctor/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bytes.h"
#include "cli/model_text.h"

namespace minerva::cli {
namespace {

// Each connection is a descriptor; below this a busy server runs out.
constexpr std::uint64_t kFewOpenFiles = 1024;

class Findings {
 public:
  void section(std::string name) { section_ = std::move(name); }
  void add(Mark mark, std::string label, std::string text) {
    list_.push_back({.section = section_, .mark = mark, .label = std::move(label), .text = std::move(text)});
  }
  std::vector<Finding> take() { return std::move(list_); }

 private:
  std::string section_;
  std::vector<Finding> list_;
};

void judge_program(const MachineFacts& facts, Findings& findings) {
  findings.section("Program");
  findings.add(Mark::kGood, "version", fmt::format("Minerva {}", MINERVA_VERSION));
  if (facts.machine) {
    findings.add(Mark::kGood, "worker",
                 fmt::format("{} ({})", facts.worker_path, facts.machine->engine_version));
  } else {
    findings.add(Mark::kBad, "worker", facts.machine.error().message);
  }
  findings.add(Mark::kGood, "settings",
               facts.config_path.empty() ? "no configuration file; all defaults" : facts.config_path);
}

void judge_processor(const MachineFacts& facts, Findings& findings) {
  findings.section("Processor");
  findings.add(Mark::kGood, "name", facts.processor.empty() ? "unknown" : facts.processor);
  const bool all = facts.n_usable_cores >= facts.n_cores;
  findings.add(
      Mark::kGood, "cores",
      all ? fmt::format("{}", facts.n_cores)
          : fmt::format("{} of {} may be used by this process", facts.n_usable_cores, facts.n_cores));
  if (facts.machine && !facts.machine->cpu_features.empty()) {
    findings.add(Mark::kGood, "features", fmt::format("{}", fmt::join(facts.machine->cpu_features, " ")));
  }
  findings.add(
      Mark::kGood, "memory",
      fmt::format("{} available of {}{}", to_string(facts.memory.available), to_string(facts.memory.total),
                  facts.memory.limited ? ", the limit of this process's control group" : ""));
}

void judge_devices(const MachineFacts& facts, Findings& findings) {
  if (!facts.machine) return;
  findings.section("Devices");
  findings.add(Mark::kGood, "back ends", fmt::format("{}", fmt::join(facts.machine->backends, ", ")));
  bool has_gpu = false;
  for (const wire::DeviceInfo& device : facts.machine->devices) {
    if (device.kind == wire::DeviceKind::kCpu) continue;
    has_gpu = true;
    findings.add(
        Mark::kGood, device.name,
        fmt::format("{} ({}{}{}{}), {} free of {}", device.description, device.backend,
                    device.kind == wire::DeviceKind::kIntegratedGpu ? ", integrated" : "",
                    device.driver.empty() ? "" : ", driver ", device.driver,
                    to_string(Bytes{device.memory_free_bytes}), to_string(Bytes{device.memory_total_bytes})));
  }
  if (!has_gpu) {
    findings.add(
        Mark::kWarning, "GPU",
        "ggml sees none: the CPU computes; if there is one, install its driver and ggml's back end for it "
        "(Debian: libggml0-backend-vulkan)");
  }
}

void judge_network(const MachineFacts& facts, Findings& findings) {
  findings.section("Network and limits");
  const std::string label = fmt::format("port {}", facts.port);
  switch (facts.port_state) {
    case PortState::kFree: findings.add(Mark::kGood, label, fmt::format("free on {}", facts.host)); break;
    case PortState::kMinerva:
      findings.add(Mark::kGood, label, "a Minerva server answers there; another needs another --port");
      break;
    case PortState::kOther:
      findings.add(Mark::kWarning, label, "in use by another program; choose another with --port");
      break;
  }
  findings.add(facts.max_open_files < kFewOpenFiles ? Mark::kWarning : Mark::kGood, "open files",
               facts.max_open_files < kFewOpenFiles
                   ? fmt::format("{} at most, which is few for a server; raise it with ulimit -n",
                                 facts.max_open_files)
                   : fmt::format("{} at most", facts.max_open_files));
  findings.add(Mark::kGood, "locked RAM",
               facts.max_locked_bytes ? fmt::format("{} at most", to_string(Bytes{*facts.max_locked_bytes}))
                                      : "no limit");
}

void judge_model(const MachineFacts& facts, Findings& findings) {
  findings.section("What Minerva would do");
  findings.add(
      Mark::kGood, "file",
      facts.is_demo ? fmt::format("{} (the built-in demo model)", facts.model_path) : facts.model_path);
  if (!facts.model) {
    findings.add(Mark::kBad, "model", facts.model.error().message);
    return;
  }
  findings.add(Mark::kGood, "model", model_text(*facts.model));
  findings.add(Mark::kGood, "placement", facts.model->placement);
  findings.add(Mark::kGood, "memory", memory_text(facts.model->memory));
  findings.add(Mark::kGood, "context", context_text(*facts.model));
  findings.add(
      facts.model->chat_template.empty() ? Mark::kWarning : Mark::kGood, "template",
      facts.model->chat_template.empty() ? "the model has none: chats will be refused" : "the model's own");
  findings.add(Mark::kGood, "load time",
               fmt::format("{:.1f} s", static_cast<double>(facts.model->load_us) / 1e6));
}

std::string_view mark_text(Mark mark, bool colours) {
  switch (mark) {
    case Mark::kGood: return colours ? "\033[32m✓\033[0m" : "✓";
    case Mark::kWarning: return colours ? "\033[33m!\033[0m" : "!";
    case Mark::kBad: return colours ? "\033[31m✗\033[0m" : "✗";
  }
  return "";
}

}  // namespace

std::vector<Finding> judge(const MachineFacts& facts) {
  Findings findings;
  judge_program(facts, findings);
  judge_processor(facts, findings);
  judge_devices(facts, findings);
  judge_network(facts, findings);
  judge_model(facts, findings);
  return findings.take();
}

std::string findings_text(const std::vector<Finding>& findings, bool colours) {
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.label.size());
  std::string text;
  std::string_view section;
  for (const Finding& finding : findings) {
    if (finding.section != section)
      text += fmt::format("{}{}\n", section.empty() ? "" : "\n", finding.section);
    section = finding.section;
    text += fmt::format("  {} {:<{}}  {}\n", mark_text(finding.mark, colours), finding.label, width,
                        finding.text);
  }
  return text;
}

bool is_healthy(const std::vector<Finding>& findings) {
  return std::ranges::none_of(findings, [](const Finding& finding) { return finding.mark == Mark::kBad; });
}

}  // namespace minerva::cli
