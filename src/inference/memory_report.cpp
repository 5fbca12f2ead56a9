#include "inference/memory_report.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace minerva::inference {
namespace {

struct BufferLine {
  std::string buffer;  // ggml's buffer type: "CPU_Mapped"
  std::string kind;    // "model", "KV", "RS", "compute", "output"
  std::uint64_t n_bytes = 0;
};

std::optional<BufferLine> parse(std::string_view line) {
  constexpr std::string_view kMark = " buffer size =";
  const std::size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string amount{line.substr(mark + kMark.size())};
  char* end = nullptr;
  const double mebibytes = std::strtod(amount.c_str(), &end);
  if (end == amount.c_str() || !std::string_view{end}.starts_with(" MiB") || mebibytes < 0)
    return std::nullopt;
  const std::string_view head = line.substr(0, mark);
  const std::size_t kind_at = head.find_last_of(' ');
  if (kind_at == std::string_view::npos) return std::nullopt;
  const std::size_t buffer_end = head.find_last_not_of(' ', kind_at);
  if (buffer_end == std::string_view::npos) return std::nullopt;
  const std::size_t before = head.find_last_of(' ', buffer_end);
  const std::size_t buffer_at = before == std::string_view::npos ? 0 : before + 1;
  return BufferLine{.buffer = std::string{head.substr(buffer_at, buffer_end + 1 - buffer_at)},
                    .kind = std::string{head.substr(kind_at + 1)},
                    .n_bytes = static_cast<std::uint64_t>(mebibytes * 1024 * 1024)};
}

}  // namespace

std::vector<wire::DeviceMemory> memory_by_device(std::span<const std::string> log_lines,
                                                 std::span<const std::string> devices) {
  std::vector<wire::DeviceMemory> memory;
  for (const std::string& device : devices) memory.push_back({.device = device});
  memory.push_back({.device = "CPU"});
  std::map<std::pair<std::string, std::string>, std::uint64_t> scratch;  // (buffer, kind) → the latest
  const auto owner = [&](const std::string& buffer) -> wire::DeviceMemory& {
    const auto it = std::ranges::find(memory, buffer, &wire::DeviceMemory::device);
    return it != memory.end() ? *it : memory.back();
  };
  for (const std::string& text : log_lines) {
    const auto line = parse(text);
    if (!line) continue;
    if (line->kind == "model") owner(line->buffer).weights_bytes += line->n_bytes;
    if (line->kind == "KV" || line->kind == "RS") owner(line->buffer).kv_bytes += line->n_bytes;
    if (line->kind == "compute" || line->kind == "output")
      scratch[{line->buffer, line->kind}] = line->n_bytes;
  }
  for (const auto& [key, n_bytes] : scratch) owner(key.first).compute_bytes += n_bytes;
  return memory;
}

}  // namespace minerva::inference
