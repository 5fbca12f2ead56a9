#include "inference/placement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace minerva::inference {
namespace {

using wire::DeviceInfo;
using wire::DeviceKind;

// What the process, its threads and the library's odds and ends take beyond what is computed here; of a small device, an
// eighth, so that it is not taken up by that alone.
constexpr Bytes kMargin{64 * kMiB.value};

Bytes margin_on(std::span<const DeviceInfo> devices) {
  Bytes total;
  for (const DeviceInfo& device : devices) total += Bytes{device.memory_total_bytes};
  return std::min(kMargin, Bytes{total.value / 8});
}

std::uint64_t kv_bytes(const ModelFile& model, const ContextShape& shape) {
  return static_cast<std::uint64_t>(shape.kv_size * static_cast<double>(model.kv_bytes_per_layer)) *
         shape.n_ctx;
}

// Activations of one batch (a few rows of the widest kind live at a time), and the logits twice: in the graph and copied out.
Bytes compute_bytes(const ModelFile& model, const ContextShape& shape) {
  const std::uint64_t row = 4ULL * model.n_embd + 2ULL * model.n_ff;
  const std::uint64_t logits = 2ULL * model.n_vocab * shape.n_parallel;
  return Bytes{sizeof(float) * (row * shape.n_batch + logits)} + shape.scores;
}

bool imitates_gpu(const DeviceInfo& device) {
  return device.description.contains("llvmpipe") || device.description.contains("SwiftShader");
}

// A desktop shares its discrete GPU, and an integrated one shares memory with everything: leave a fifth, or half.
Bytes budget(const DeviceInfo& device) {
  const std::uint64_t share = device.kind == DeviceKind::kIntegratedGpu ? device.memory_total_bytes / 2
                                                                        : device.memory_total_bytes / 5 * 4;
  return {std::min(share, device.memory_free_bytes)};
}

std::vector<DeviceInfo> usable(std::span<const DeviceInfo> gpus, bool named) {
  std::vector<DeviceInfo> chosen{gpus.begin(), gpus.end()};
  if (named) return chosen;
  std::erase_if(chosen, imitates_gpu);
  const auto is_discrete = [](const DeviceInfo& device) { return device.kind == DeviceKind::kGpu; };
  if (std::ranges::any_of(chosen, is_discrete)) std::erase_if(chosen, std::not_fn(is_discrete));
  return chosen;
}

// Memory of the last n layers (llama.cpp moves the last ones first, the output before all) with their KV.
Bytes gpu_part(const ModelFile& model, const ContextShape& shape, std::uint32_t n_gpu_layers, Bytes margin) {
  if (n_gpu_layers == 0) return {};
  const std::uint64_t output = model.output_bytes > 0 ? model.output_bytes : model.input_bytes;
  const std::size_t n = std::min<std::size_t>(n_gpu_layers - 1, model.layer_bytes.size());
  const std::uint64_t layers = std::accumulate(model.layer_bytes.end() - static_cast<std::ptrdiff_t>(n),
                                               model.layer_bytes.end(), std::uint64_t{0});
  return Bytes{output + layers + n * kv_bytes(model, shape)} + compute_bytes(model, shape) + margin;
}

Bytes host_part(const ModelFile& model, const ContextShape& shape, std::uint32_t n_gpu_layers) {
  const std::size_t n_host =
      model.layer_bytes.size() -
      std::min<std::size_t>(n_gpu_layers > 0 ? n_gpu_layers - 1 : 0, model.layer_bytes.size());
  const std::uint64_t layers =
      std::accumulate(model.layer_bytes.begin(),
                      model.layer_bytes.begin() + static_cast<std::ptrdiff_t>(n_host), std::uint64_t{0});
  const std::uint64_t output = n_gpu_layers == 0 ? model.output_bytes : 0;
  return Bytes{model.input_bytes + output + layers + n_host * kv_bytes(model, shape)} +
         compute_bytes(model, shape) + kMargin;
}

std::vector<std::string> names_of(std::span<const DeviceInfo> devices) {
  std::vector<std::string> names;
  for (const DeviceInfo& device : devices) names.push_back(device.name);
  return names;
}

std::string describe(const ModelFile& model, std::uint32_t n_gpu_layers, std::span<const std::string> names) {
  const std::uint32_t n_all = model.n_layers + 1;
  if (n_gpu_layers >= n_all)
    return fmt::format("all {} layers and the output on {}", model.n_layers, fmt::join(names, ", "));
  return fmt::format("{} of {} layers on {}, the rest on the CPU", n_gpu_layers, n_all,
                     fmt::join(names, ", "));
}

}  // namespace

Placement choose_gpu_layers(const ModelFile& model, const ContextShape& shape,
                            std::span<const DeviceInfo> gpus, bool named, std::int32_t n_gpu_layers,
                            const DraftRoom& draft) {
  const std::vector<DeviceInfo> chosen = usable(gpus, named);
  const std::uint32_t n_all = model.n_layers + 1;
  const Bytes margin = margin_on(chosen);
  Placement placement;
  placement.devices = names_of(chosen);
  const auto settle = [&](std::uint32_t n_layers, std::string sentence) {
    placement.n_gpu_layers = n_layers;
    if (n_layers == 0) placement.devices.clear();
    placement.host = host_part(model, shape, n_layers) + draft.host;
    placement.gpu = gpu_part(model, shape, n_layers, margin) + draft.gpu;
    placement.draft = draft;
    placement.sentence = std::move(sentence);
    return placement;
  };
  if (chosen.empty()) {
    return settle(0, gpus.empty()
                         ? "Everything runs on the CPU: no GPU is in use."
                         : fmt::format("Everything runs on the CPU: {} only imitates a GPU in software.",
                                       gpus.front().name));
  }
  if (n_gpu_layers == 0) return settle(0, "Everything runs on the CPU: no layer was asked to be on a GPU.");
  if (n_gpu_layers != wire::kGpuLayersAuto) {
    const std::uint32_t n =
        n_gpu_layers < 0 ? n_all : std::min(n_all, static_cast<std::uint32_t>(n_gpu_layers));
    return settle(n, fmt::format("As asked: {}.", describe(model, n, placement.devices)));
  }
  Bytes free;
  for (const DeviceInfo& device : chosen) free += budget(device);
  std::uint32_t n = n_all;
  free.value -= std::min(free.value, draft.gpu.value);
  while (n > 0 && gpu_part(model, shape, n, margin) > free) --n;
  const std::string needs = to_string(gpu_part(model, shape, n_all, margin));
  if (n == 0) {
    return settle(0, fmt::format("Everything runs on the CPU: {} of {} may be used and not one layer fits.",
                                 to_string(free), fmt::join(placement.devices, ", ")));
  }
  return settle(n, fmt::format("It runs with {}: {} may be used there, the whole model needs {}.",
                               describe(model, n, placement.devices), to_string(free), needs));
}

Status check_memory(const Placement& placement, const ContextShape& shape, Bytes host_available,
                    std::span<const DeviceInfo> gpus) {
  const auto refuse = [&](std::string_view where, Bytes needs, Bytes has, std::string_view remedy) {
    return fail(
        ErrorCode::kModelOutOfMemory,
        fmt::format(
            "the model{} needs about {} of {} with a context of {} tokens and {} is free: {}, or take a "
            "smaller --ctx-size or a smaller quantization (--ignore-memory-check loads it all the same)",
            placement.draft.host.value > 0 ? " with its draft model" : "", to_string(needs), where,
            shape.n_ctx, to_string(has), remedy),
        "model");
  };
  if (host_available.value > 0 && placement.host > host_available) {
    return refuse("memory", placement.host, host_available, "free some memory");
  }
  Bytes gpu_free;
  for (const DeviceInfo& device : gpus) {
    if (std::ranges::contains(placement.devices, device.name)) gpu_free += Bytes{device.memory_free_bytes};
  }
  // Some drivers do not say what is free.
  if (gpu_free.value > 0 && placement.gpu > gpu_free) {
    return refuse("GPU memory", placement.gpu, gpu_free, "lower --gpu-layers (auto finds what fits)");
  }
  return {};
}

}  // namespace minerva::inference
