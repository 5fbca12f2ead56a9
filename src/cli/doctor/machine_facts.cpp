#include "cli/doctor/machine_facts.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "cli/doctor/child_output.h"
#include "cli/service_plan.h"
#include "cli/settings/settings_loader.h"
#include "http/client.h"
#include "wire/machine_json.h"

namespace minerva::cli {
namespace {

// Loading every driver of a machine takes seconds at most; longer is a hang.
constexpr std::chrono::milliseconds kProbeDeadline{30'000};
constexpr std::chrono::milliseconds kPortPatience{1'000};

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Result<wire::MachineReport> ask_worker(const std::string& worker) {
  const auto output = run_child(worker, {"--probe", "--log-level", "error"}, kProbeDeadline);
  if (!output) return std::unexpected(output.error());
  return wire::machine_report_from_json(output->output);
}

PortState ask_port(const std::string& host, std::uint16_t port) {
  const bool all = host == "0.0.0.0" || host == "::";
  http::Client client({.host = all ? "127.0.0.1" : host,
                       .port = port,
                       .connect_timeout = kPortPatience,
                       .read_timeout = kPortPatience});
  const auto answer = client.send({.target = "/version", .headers = {}, .body = {}});
  if (!answer) return answer.error().code == ErrorCode::kNotReady ? PortState::kFree : PortState::kOther;
  return answer->body.contains("\"minerva\"") ? PortState::kMinerva : PortState::kOther;
}

unsigned usable_cores() {
  cpu_set_t set{};
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<unsigned>(CPU_COUNT(&set));
}

void collect_limits(MachineFacts& facts) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) facts.max_open_files = files.rlim_cur;
  rlimit locked{};
  if (::getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur != RLIM_INFINITY)
    facts.max_locked_bytes = locked.rlim_cur;
}

}  // namespace

std::string parse_processor_name(const std::string& cpuinfo) {
  constexpr std::string_view kKey = "model name";
  const auto at = cpuinfo.find(kKey);
  if (at == std::string::npos) return {};
  const auto colon = cpuinfo.find(':', at);
  const auto end = cpuinfo.find('\n', at);
  const auto begin = colon == std::string::npos ? colon : cpuinfo.find_first_not_of(" \t", colon + 1);
  if (begin == std::string::npos || begin >= end) return {};
  return cpuinfo.substr(begin, end - begin);
}

MachineFacts collect_facts(const Settings& settings, const Environment& environment) {
  MachineFacts facts;
  std::error_code ignored;
  const std::string usual = usual_config_path(environment);
  facts.config_path = !settings.config.empty()                           ? settings.config
                      : std::filesystem::is_regular_file(usual, ignored) ? usual
                                                                         : std::string{};
  if (const auto worker = choose_worker(settings)) {
    facts.worker_path = worker->string();
    facts.machine = ask_worker(facts.worker_path);
  } else {
    facts.machine = std::unexpected(worker.error());
  }
  facts.processor = parse_processor_name(read_text("/proc/cpuinfo"));
  facts.n_cores = std::thread::hardware_concurrency();
  facts.n_usable_cores = usable_cores();
  facts.memory = device::host_memory();
  facts.host = settings.host;
  facts.port = settings.port;
  facts.port_state = ask_port(settings.host, settings.port);
  collect_limits(facts);
  facts.model = fail(ErrorCode::kNotReady, "the model was not tried");
  return facts;
}

}  // namespace minerva::cli
