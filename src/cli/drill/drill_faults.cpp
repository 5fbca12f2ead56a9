#include "cli/drill/drill_faults.h"

#include <csignal>
#include <vector>

#include "wire/drill_signals.h"

namespace minerva::cli {
namespace {

std::vector<DrillFaultKind> all_faults() {
  std::vector<DrillFaultKind> faults{
      {.name = "kill", .what = "the process is killed, as by the kernel out of memory", .signal = SIGKILL},
      {.name = "abort", .what = "the process aborts, as ggml does on a fault", .signal = SIGABRT},
      {.name = "stop", .what = "the process stops, and nothing says so", .signal = SIGSTOP}};
  if constexpr (wire::kHasDrillSignals) {
    using wire::DrillFault;
    faults.push_back({.name = "hang",
                      .what = "a step never ends, as in a driver that hangs",
                      .signal = wire::drill_signal(DrillFault::kHang)});
    faults.push_back({.name = "device lost",
                      .what = "a step fails because the device is gone",
                      .signal = wire::drill_signal(DrillFault::kDeviceLost)});
    faults.push_back({.name = "out of memory",
                      .what = "a step fails because the device has no memory for it",
                      .signal = wire::drill_signal(DrillFault::kOutOfMemory)});
  }
  return faults;
}

}  // namespace

std::span<const DrillFaultKind> drill_faults() {
  static const std::vector<DrillFaultKind> faults = all_faults();
  return faults;
}

}  // namespace minerva::cli
