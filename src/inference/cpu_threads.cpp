#include "inference/cpu_threads.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace minerva::inference {
namespace {

// A core's name on this machine: its package and its number there. Linux: Documentation/ABI/stable/sysfs-devices-system-cpu.
std::string core_of(int cpu) {
  std::string core = fmt::format("cpu{}", cpu);
  std::string package;
  std::string number;
  std::ifstream{fmt::format("/sys/devices/system/cpu/cpu{}/topology/physical_package_id", cpu)} >> package;
  std::ifstream{fmt::format("/sys/devices/system/cpu/cpu{}/topology/core_id", cpu)} >> number;
  return number.empty() ? core : fmt::format("{}:{}", package, number);
}

// cgroup v2's cpu.max, "quota period" in microseconds or "max period", of the group seen as the root here.
std::uint32_t quota_in_cores() {
  std::string quota;
  double period = 0;
  std::ifstream{"/sys/fs/cgroup/cpu.max"} >> quota >> period;
  if (quota.empty() || quota == "max" || period <= 0) return UINT32_MAX;
  return static_cast<std::uint32_t>(std::max(1.0, std::ceil(std::strtod(quota.c_str(), nullptr) / period)));
}

}  // namespace

std::uint32_t physical_cores_available() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return std::max(1U, std::thread::hardware_concurrency());
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cores.insert(core_of(cpu));
  }
  return std::clamp(static_cast<std::uint32_t>(cores.size()), 1U, quota_in_cores());
}

}  // namespace minerva::inference
