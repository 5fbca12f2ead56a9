#include "api/placement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

namespace minerva::api {
namespace {

// The output counts as one more layer, as in llama.cpp.
std::uint32_t n_all_layers(const wire::ModelCard& card) { return card.n_layers + 1; }

std::vector<std::string_view> gpus_of(const wire::ModelCard& card) {
  std::vector<std::string_view> names;
  for (const wire::DeviceMemory& device : card.memory) {
    if (device.device != "CPU" && device.weights_bytes > 0) names.emplace_back(device.device);
  }
  return names;
}

}  // namespace

std::string placement_text(const wire::ModelCard& card) {
  if (card.n_gpu_layers == 0) return "cpu";
  if (card.n_gpu_layers >= n_all_layers(card)) return "gpu";
  return fmt::format("{}/{} layers on {}", card.n_gpu_layers, n_all_layers(card),
                     fmt::join(gpus_of(card), ", "));
}

http::Headers placement_headers(const std::optional<wire::ModelCard>& card,
                                std::optional<std::uint32_t> n_recoveries) {
  http::Headers headers;
  if (card) headers.emplace_back("X-Minerva-Placement", placement_text(*card));
  if (card && card->rung > 0) headers.emplace_back("X-Minerva-Fallback", fmt::format("rung {}", card->rung));
  if (n_recoveries) headers.emplace_back("X-Minerva-Recoveries", std::to_string(*n_recoveries));
  return headers;
}

}  // namespace minerva::api
