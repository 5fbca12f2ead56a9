#include "inference/ordered_fault.h"

#include <atomic>
#include <csignal>
#include <stdexcept>

#include "wire/drill_signals.h"

namespace minerva::inference {
namespace {

using wire::DrillFault;

std::atomic<DrillFault> ordered{DrillFault::kNone};
static_assert(std::atomic<DrillFault>::is_always_lock_free, "a signal handler sets it");

extern "C" void order_fault(int signal) {
  for (const DrillFault fault : {DrillFault::kOutOfMemory, DrillFault::kDeviceLost, DrillFault::kHang}) {
    if (signal == wire::drill_signal(fault)) ordered = fault;
  }
}

}  // namespace

void obey_drill_signals() {
  if constexpr (!wire::kHasDrillSignals) return;
  for (const DrillFault fault : {DrillFault::kOutOfMemory, DrillFault::kDeviceLost, DrillFault::kHang}) {
    struct sigaction action{};
    action.sa_handler = order_fault;
    // What reads or waits goes on as if nothing had come.
    action.sa_flags = SA_RESTART;
    ::sigaction(wire::drill_signal(fault), &action, nullptr);
  }
}

// The words are vk::Result's, which fault_code() knows.
void strike_if_ordered() {
  switch (ordered.exchange(DrillFault::kNone)) {
    case DrillFault::kNone: return;
    case DrillFault::kOutOfMemory:
      throw std::runtime_error("ErrorOutOfDeviceMemory, as minerva drill ordered");
    case DrillFault::kDeviceLost: throw std::runtime_error("ErrorDeviceLost, as minerva drill ordered");
    case DrillFault::kHang:
      // Busy, as a kernel that never ends.
      while (true) (void)ordered.load();
  }
}

}  // namespace minerva::inference
