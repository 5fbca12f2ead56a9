#pragma once
// What `minerva doctor` finds out, before anybody judges it.
//
// Threads: values; collecting blocks.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/settings/settings.h"
#include "cli/settings/settings_environment.h"
#include "device/host_memory.h"
#include "wire/types.h"

namespace minerva::cli {

enum class PortState { kFree, kMinerva, kOther };

struct MachineFacts {
  std::string config_path;  // the file that was read; empty when there is none

  std::string worker_path;
  // The worker's own words; an error when it is missing, dies or hangs, as a broken driver makes it do.
  Result<wire::MachineReport> machine;

  std::string processor;
  unsigned n_cores = 0;         // of the machine
  unsigned n_usable_cores = 0;  // that this process may use
  device::HostMemory memory;

  std::string host;
  std::uint16_t port = 0;
  PortState port_state = PortState::kFree;

  std::uint64_t max_open_files = 0;
  std::optional<std::uint64_t> max_locked_bytes;  // nothing: no limit

  std::string model_path;
  bool is_demo = false;
  // How the worker places the model, found out by loading it; an error when it does not load.
  Result<wire::ModelCard> model;
};

// `model` is filled by the caller, who knows how to show that a load takes its time.
[[nodiscard]] MachineFacts collect_facts(const Settings& settings, const Environment& environment);

// "model name" of the first processor in /proc/cpuinfo; empty where there is none.
[[nodiscard]] std::string parse_processor_name(const std::string& cpuinfo);

}  // namespace minerva::cli
