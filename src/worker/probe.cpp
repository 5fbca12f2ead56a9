#include "worker/probe.h"

#include <algorithm>

#include "device/devices.h"
#include "inference/llama_cpp_backend.h"
#include "wire/machine_json.h"

namespace minerva::worker {

Result<std::string> probe_machine() {
  wire::MachineReport report;
  report.devices = device::list_devices();
  for (const wire::DeviceInfo& info : report.devices) {
    if (!std::ranges::contains(report.backends, info.backend)) report.backends.push_back(info.backend);
  }
  report.engine_version = inference::LlamaCppBackend::version();
  report.cpu_features = device::cpu_features();
  return wire::to_json(report);
}

}  // namespace minerva::worker
