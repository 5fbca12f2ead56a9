#pragma once
// The signals by which `minerva drill` makes a worker fail as the library or a device would: a signal may be sent by the
// worker's own user and by root, so nobody else can do harm with it, and there is no HTTP endpoint for it.
//
// Real-time signals, because their other uses are few; a system without them has none of these faults.

#include <csignal>

namespace minerva::wire {

enum class DrillFault { kNone, kOutOfMemory, kDeviceLost, kHang };

#ifdef SIGRTMIN
inline constexpr bool kHasDrillSignals = true;
// Beyond the two that glibc keeps for itself, which SIGRTMIN leaves out already, and those that thread libraries take first.
[[nodiscard]] inline int drill_signal(DrillFault fault) { return SIGRTMIN + 3 + static_cast<int>(fault); }
#else
inline constexpr bool kHasDrillSignals = false;
[[nodiscard]] inline int drill_signal(DrillFault /*fault*/) { return 0; }
#endif

}  // namespace minerva::wire
