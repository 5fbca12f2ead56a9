#include "inference/dry_load.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "inference/library_load.h"
#include "inference/memory_report.h"

namespace minerva::inference {
namespace {

// The number of a layer that a cache has: "llama_kv_cache: layer  3: dev = CPU", "llama_memory_recurrent, layer   0: dev".
std::optional<std::size_t> cache_layer(std::string_view line) {
  constexpr std::string_view kMark = "layer ";
  if (!line.starts_with("llama_") || !line.contains(": dev = ")) return std::nullopt;
  const std::size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::size_t digit = line.find_first_not_of(' ', mark + kMark.size());
  if (digit == std::string_view::npos) return std::nullopt;
  std::size_t layer = 0;
  const auto [end, error] = std::from_chars(line.data() + digit, line.data() + line.size(), layer);
  return error == std::errc{} ? std::optional{layer} : std::nullopt;
}

std::optional<std::uint64_t> cache_size(std::string_view line) {
  constexpr std::string_view kMark = ": size =";
  const std::size_t mark = line.find(kMark);
  if (!line.starts_with("llama_") || mark == std::string_view::npos || !line.contains(" layers,"))
    return std::nullopt;
  const std::string amount{line.substr(mark + kMark.size())};
  char* end = nullptr;
  const double mebibytes = std::strtod(amount.c_str(), &end);
  if (!std::string_view{end}.starts_with(" MiB") || mebibytes < 0) return std::nullopt;
  return static_cast<std::uint64_t>(mebibytes * static_cast<double>(kMiB.value));
}

}  // namespace

std::vector<std::uint64_t> kv_by_layer(std::span<const std::string> log_lines, std::size_t n_layers) {
  std::vector<std::uint64_t> kv(n_layers, 0);
  std::vector<std::size_t> of_one;
  for (const std::string& line : log_lines) {
    if (const auto layer = cache_layer(line)) of_one.push_back(*layer);
    const auto size = cache_size(line);
    if (!size) continue;
    for (const std::size_t layer : of_one) {
      if (layer < n_layers) kv[layer] += *size / of_one.size();
    }
    of_one.clear();
  }
  return kv;
}

Result<DrySizes> dry_load(const wire::LoadOptions& options, const ModelFile& file, const ContextShape& shape,
                          const KvFormat& format, const Placement& placement) {
  const LlamaLogCapture said;
  const auto model = load_weights(options, placement, said, [](float) { return true; }, Weights::kNone);
  if (!model) return std::unexpected(model.error());
  const auto context = make_context(model->get(), options, file, shape, format, said);
  if (!context) return std::unexpected(context.error());
  const auto lines = said.lines();
  const auto memory = memory_by_device(lines, placement.devices);
  DrySizes sizes{.layer_kv = kv_by_layer(lines, file.layer_bytes.size()),
                 .gpu_compute = {},
                 .host_compute = memory.back().compute_bytes};
  for (std::size_t i = 0; i + 1 < memory.size(); ++i) sizes.gpu_compute.push_back(memory[i].compute_bytes);
  return sizes;
}

}  // namespace minerva::inference
