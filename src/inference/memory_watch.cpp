#include "inference/memory_watch.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/bytes.h"
#include "device/devices.h"
#include "inference/placement.h"

namespace minerva::inference {
namespace {

std::uint64_t private_bytes() {
  std::ifstream status{"/proc/self/status"};
  std::uint64_t kibibytes = 0;
  for (std::string line; std::getline(status, line);) {
    for (const std::string_view key : {"RssAnon:", "RssShmem:"}) {
      if (line.starts_with(key)) kibibytes += std::stoull(line.substr(key.size()));
    }
  }
  return kibibytes * kKiB.value;
}

std::vector<wire::DeviceInfo> now(std::span<const std::string> gpus) {
  std::vector<wire::DeviceInfo> devices;
  if (gpus.empty()) return devices;  // and no driver is asked
  for (wire::DeviceInfo& device : device::list_devices()) {
    if (std::ranges::contains(gpus, device.name)) devices.push_back(std::move(device));
  }
  return devices;
}

std::uint64_t planned_of(const wire::ModelCard& card, const std::string& device) {
  const auto part = std::ranges::find(card.planned, device, &wire::DeviceMemory::device);
  return part == card.planned.end() ? 0 : part->weights_bytes + part->kv_bytes + part->compute_bytes;
}

constexpr std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a - std::min(a, b); }

}  // namespace

MemoryWatch::MemoryWatch(std::span<const std::string> gpus)
    : before_{now(gpus)}, host_before_{private_bytes()} {}

std::vector<wire::DeviceMargin> MemoryWatch::beyond_plan(const wire::ModelCard& card) const {
  std::vector<std::string> names;
  for (const wire::DeviceInfo& device : before_) names.push_back(device.name);
  std::vector<wire::DeviceMargin> found;
  for (const wire::DeviceInfo& after : now(names)) {
    const auto before = std::ranges::find(before_, after.name, &wire::DeviceInfo::name);
    const std::uint64_t taken = less(before->memory_free_bytes, after.memory_free_bytes);
    found.push_back({.device = margin_key(after), .n_bytes = less(taken, planned_of(card, after.name))});
  }
  // Of mapped weights nothing is private, of repacked ones all: the whole plan is the least that this cannot overstate. What the
  // process had before the load is beyond the plan too.
  found.push_back({.device = "CPU", .n_bytes = less(private_bytes(), planned_of(card, "CPU"))});
  return found;
}

}  // namespace minerva::inference
