#include "device/host_memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace minerva::device {
namespace {

// Version 1 says "no limit" with LONG_MAX rounded down to a page; no machine has a quarter of that.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + start, text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

// Calls `visit` with each line, without its end.
template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

struct GroupMemory {
  Bytes limit;
  Bytes used;
};

std::optional<GroupMemory> read_group(const std::filesystem::path& folder) {
  struct Names {
    const char* limit;
    const char* used;
  };
  for (const Names& names :
       {Names{"memory.max", "memory.current"}, Names{"memory.limit_in_bytes", "memory.usage_in_bytes"}}) {
    const auto limit = parse_cgroup_limit(read_text(folder / names.limit));
    if (!limit) continue;
    const std::uint64_t usage = parse_number(read_text(folder / names.used)).value_or(0);
    const std::uint64_t reclaimable = parse_reclaimable(read_text(folder / "memory.stat")).value;
    return GroupMemory{.limit = *limit, .used = {usage - std::min(usage, reclaimable)}};
  }
  return std::nullopt;
}

}  // namespace

HostMemory host_memory(const std::filesystem::path& root) {
  HostMemory memory;
  if (const auto info = parse_meminfo(read_text(root / "proc/meminfo"))) {
    memory.total = info->total;
    memory.available = info->available;
  }
  const std::filesystem::path groups = root / "sys/fs/cgroup";
  for (std::filesystem::path folder : parse_cgroup_folders(read_text(root / "proc/self/cgroup"))) {
    // A limit above binds as one here does; inside a container the outer part of the path does not exist.
    for (;; folder = folder.parent_path()) {
      if (const auto group = read_group(groups / folder)) {
        const Bytes left{group->limit.value - std::min(group->limit.value, group->used.value)};
        if (group->limit < memory.total) {
          memory.total = group->limit;
          memory.limited = true;
        }
        memory.available = std::min(memory.available, left);
      }
      if (folder.empty()) break;
    }
  }
  return memory;
}

std::optional<MemInfo> parse_meminfo(std::string_view text) {
  std::optional<std::uint64_t> total;
  std::optional<std::uint64_t> available;
  for_each_line(text, [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view key = line.substr(0, colon);
    if (key == "MemTotal") total = parse_number(line.substr(colon + 1));
    if (key == "MemAvailable") available = parse_number(line.substr(colon + 1));
  });
  if (!total || !available) return std::nullopt;
  return MemInfo{.total = {*total * kKiB.value}, .available = {*available * kKiB.value}};
}

std::vector<std::filesystem::path> parse_cgroup_folders(std::string_view text) {
  std::vector<std::filesystem::path> folders;
  for_each_line(text, [&](std::string_view line) {
    // "hierarchy:controllers:/path"; version 2 is hierarchy 0 without controllers.
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string_view path = line.substr(second + 1);
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    if (controllers.empty()) folders.emplace_back(path);
    if (controllers == "memory") folders.push_back(std::filesystem::path{"memory"} / path);
  });
  return folders;
}

std::optional<Bytes> parse_cgroup_limit(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number >= kNoLimit) return std::nullopt;
  return Bytes{*number};
}

Bytes parse_reclaimable(std::string_view text) {
  // Version 1 has both the group's own numbers and, with "total_", those of the tree below it; usage is the tree's.
  Bytes own;
  std::optional<Bytes> tree;
  for_each_line(text, [&](std::string_view line) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return;
    const std::string_view key = line.substr(0, space);
    const Bytes number{parse_number(line.substr(space + 1)).value_or(0)};
    if (key == "inactive_file" || key == "active_file") own += number;
    if (key == "total_inactive_file" || key == "total_active_file") tree = tree.value_or(Bytes{}) + number;
  });
  return tree.value_or(own);
}

}  // namespace minerva::device
