#pragma once
// How much memory this process may use: what the machine has, within the limits of its control groups.
//
// Sources: proc_meminfo(5); Documentation/admin-guide/cgroup-v2.rst ("memory.max", "memory.current", "memory.stat");
// Documentation/admin-guide/cgroup-v1/memory.rst. Threads: any; every call reads the files anew.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace minerva::device {

struct HostMemory {
  Bytes total;           // the machine's, or the tightest limit above this process
  Bytes available;       // what can be had without swapping
  bool limited = false;  // a control group, not the machine, sets `total`
};

// `root` is where /proc and /sys are looked for. Zeroes when the machine does not say.
[[nodiscard]] HostMemory host_memory(const std::filesystem::path& root = "/");

// --- the texts of these files, parsed

// MemTotal and MemAvailable of /proc/meminfo; nothing when one is missing.
struct MemInfo {
  Bytes total;
  Bytes available;
};
[[nodiscard]] std::optional<MemInfo> parse_meminfo(std::string_view text);

// The folder of this process's memory group below /sys/fs/cgroup, from /proc/self/cgroup: "memory/jobs/17" in a version 1
// hierarchy, "user.slice/session-1.scope" in version 2. Several when both are mounted.
[[nodiscard]] std::vector<std::filesystem::path> parse_cgroup_folders(std::string_view text);

// A limit file's number; nothing for "max" and for version 1's "no limit" (the largest page-aligned number).
[[nodiscard]] std::optional<Bytes> parse_cgroup_limit(std::string_view text);

// Page cache that the kernel would give back, from memory.stat of either version.
[[nodiscard]] Bytes parse_reclaimable(std::string_view text);

}  // namespace minerva::device
