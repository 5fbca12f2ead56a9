#include "inference/placement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace minerva::inference {
namespace {

using wire::DeviceInfo;
using wire::DeviceKind;
using wire::DevicePlan;

constexpr std::uint64_t kMargin = 64 * kMiB.value;
constexpr std::uint64_t kNoLimit = UINT64_MAX;
constexpr std::uint64_t kMostAutomaticCache = 2 * kGiB.value;

bool imitates_gpu(const DeviceInfo& device) {
  return device.description.contains("llvmpipe") || device.description.contains("SwiftShader");
}

std::uint64_t share_of(const DeviceInfo& device) {
  switch (device.kind) {
    case DeviceKind::kIntegratedGpu: return device.memory_total_bytes / 2;
    case DeviceKind::kCpu: return device.memory_total_bytes / 4 * 3;
    default: return device.memory_total_bytes / 5 * 4;
  }
}

std::uint64_t draft_on(const PlacementQuestion& question, const std::string& device) {
  const auto found = question.draft.find(device);
  return found != question.draft.end() ? found->second : 0;
}

std::uint64_t left_for_layers(const PlacementQuestion& question, const Room& room) {
  const std::uint64_t taken = room.margin + draft_on(question, room.device.name);
  return room.may_use() - std::min(room.may_use(), taken);
}

// The last n layers over the devices in order, each with what it holds; nothing where they cannot hold them. Contiguous runs in
// a fixed order, so that filling each device up finds a way wherever there is one.
std::optional<LayerSplit> fill(const ModelSizes& sizes, std::span<const std::uint64_t> rooms,
                               std::uint32_t n) {
  LayerSplit split(rooms.size(), 0);
  const std::size_t n_all = sizes.layers.size() + 1;
  std::size_t device = 0;
  std::uint64_t used = 0;
  for (std::size_t layer = n_all - n; layer < n_all; ++layer) {
    const bool is_output = layer + 1 == n_all;
    const std::uint64_t more = is_output ? sizes.output_on_gpu : sizes.layers[layer] + sizes.layer_kv[layer];
    while (device < rooms.size()) {
      const std::uint64_t next = (used > 0 ? used : sizes.gpu_compute) + more;
      if (next <= rooms[device]) {
        used = next;
        ++split[device];
        break;
      }
      ++device;
      used = 0;
    }
    if (device == rooms.size()) return std::nullopt;
  }
  return split;
}

// The same with each device filled to the same share of its room, so that none works at its limit while another is empty.
LayerSplit fill_evenly(const ModelSizes& sizes, std::span<const std::uint64_t> rooms, LayerSplit full,
                       std::uint32_t n) {
  constexpr int kSteps = 16;
  for (int step = 1; rooms.size() > 1 && step < kSteps; ++step) {
    std::vector<std::uint64_t> smaller{rooms.begin(), rooms.end()};
    for (std::uint64_t& room : smaller) room = room / kSteps * static_cast<std::uint64_t>(step);
    if (auto split = fill(sizes, smaller, n)) return *std::move(split);
  }
  return full;
}

// By layers alone, in the devices' proportions: what a person insists on is tried.
LayerSplit by_proportion(std::span<const std::uint64_t> rooms, std::uint32_t n) {
  double total = 0;
  for (const std::uint64_t room : rooms) total += static_cast<double>(room);
  LayerSplit split(rooms.size(), 0);
  double before = 0;
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    before += total > 0 ? static_cast<double>(rooms[i]) / total : 1.0 / static_cast<double>(rooms.size());
    const auto until = i + 1 == rooms.size() ? n : static_cast<std::uint32_t>(before * n);
    split[i] = until - given;
    given = until;
  }
  return split;
}

bool is_unified(const PlacementQuestion& question, const std::string& device) {
  return std::ranges::any_of(question.gpus, [&](const Room& room) {
    return room.device.name == device && room.device.kind == DeviceKind::kIntegratedGpu;
  });
}

// What the host must give: its own part, and that of GPUs which have no memory of their own.
std::uint64_t host_needs(std::span<const DevicePlan> ledger, const PlacementQuestion& question) {
  std::uint64_t needs = 0;
  for (const DevicePlan& part : ledger) {
    if (&part == &ledger.back() || is_unified(question, part.device)) needs += part.sum_bytes;
  }
  return needs - ledger.back().caches_bytes;
}

std::vector<DevicePlan> ledger_of(const PlacementQuestion& question, const Form& form,
                                  const LayerSplit& split) {
  std::vector<DevicePlan> ledger = spread(form.sizes, split);
  for (std::size_t i = 0; i < split.size(); ++i) ledger[i].device = question.gpus[i].device.name;
  std::erase_if(ledger,
                [&](const DevicePlan& part) { return &part != &ledger.back() && part.n_layers == 0; });
  complete_ledger(ledger, question);
  return ledger;
}

Placement settle(const PlacementQuestion& question, std::size_t form, const LayerSplit& split) {
  Placement placement{.form = form, .n_gpu_layers = n_gpu_layers(split)};
  for (std::size_t i = 0; i < split.size(); ++i) {
    if (split[i] == 0) continue;
    placement.devices.push_back(question.gpus[i].device.name);
    placement.split.push_back(split[i]);
  }
  placement.ledger = ledger_of(question, question.forms[form], split);
  return placement;
}

bool host_holds(const Placement& placement, const PlacementQuestion& question) {
  return host_needs(placement.ledger, question) <= question.host.may_use();
}

std::string describe(const ModelSizes& sizes, const Placement& placement) {
  const std::size_t n_all = sizes.layers.size() + 1;
  if (placement.n_gpu_layers >= n_all)
    return fmt::format("all {} layers and the output on {}", sizes.layers.size(),
                       fmt::join(placement.devices, ", "));
  return fmt::format("{} of {} layers on {}, the rest on the CPU", placement.n_gpu_layers, n_all,
                     fmt::join(placement.devices, ", "));
}

std::string room_text(std::uint64_t n_bytes) {
  return n_bytes == kNoLimit ? "as much as there is" : to_string(Bytes{n_bytes});
}

std::uint64_t all_rooms(const PlacementQuestion& question) {
  std::uint64_t total = 0;
  for (const Room& room : question.gpus) {
    if (room.may_use() == kNoLimit) return kNoLimit;
    total += room.may_use();
  }
  return total;
}

// Of the GPUs together, with every layer on them, in the best form.
std::uint64_t whole_model(const PlacementQuestion& question, const LayerSplit& any) {
  const ModelSizes& sizes = question.forms.front().sizes;
  LayerSplit all(any.size(), 0);
  all.front() = static_cast<std::uint32_t>(sizes.layers.size()) + 1;
  std::vector<DevicePlan> ledger = ledger_of(question, question.forms.front(), all);
  return ledger.front().sum_bytes;
}

std::string smaller_text(const Form& form) {
  return form.smaller.empty() ? std::string{} : fmt::format(" To fit, it has {}.", form.smaller);
}

// --- the ways to choose

Placement on_cpu(const PlacementQuestion& question, std::string reason) {
  const LayerSplit none(question.gpus.size(), 0);
  Placement placement;
  for (std::size_t form = 0; form < question.forms.size(); ++form) {
    placement = settle(question, form, none);
    if (host_holds(placement, question)) break;
  }
  placement.sentence =
      fmt::format("Everything runs on the CPU: {}.{}", reason, smaller_text(question.forms[placement.form]));
  return placement;
}

std::vector<std::uint64_t> rooms_for_layers(const PlacementQuestion& question) {
  std::vector<std::uint64_t> rooms;
  for (const Room& room : question.gpus) rooms.push_back(left_for_layers(question, room));
  return rooms;
}

Placement as_asked(const PlacementQuestion& question) {
  const auto rooms = rooms_for_layers(question);
  const auto n_all = static_cast<std::uint32_t>(question.forms.front().sizes.layers.size()) + 1;
  const std::uint32_t n =
      question.n_gpu_layers < 0 ? n_all : std::min(n_all, static_cast<std::uint32_t>(question.n_gpu_layers));
  Placement placement = settle(question, 0, by_proportion(rooms, n));
  for (std::size_t form = 0; form < question.forms.size(); ++form) {
    const ModelSizes& sizes = question.forms[form].sizes;
    const auto full = fill(sizes, rooms, n);
    if (!full) continue;
    Placement fitting = settle(question, form, fill_evenly(sizes, rooms, *full, n));
    if (!host_holds(fitting, question)) continue;
    placement = std::move(fitting);
    break;
  }
  const Form& form = question.forms[placement.form];
  placement.sentence = fmt::format("As asked: {}.{}", describe(form.sizes, placement), smaller_text(form));
  return placement;
}

// All layers in the best form that allows it; then as many as possible in the best form that the host holds the rest of.
std::optional<Placement> on_gpus(const PlacementQuestion& question) {
  const auto rooms = rooms_for_layers(question);
  const auto n_all = static_cast<std::uint32_t>(question.forms.front().sizes.layers.size()) + 1;
  const auto attempt = [&](std::size_t form, std::uint32_t n) -> std::optional<Placement> {
    const ModelSizes& sizes = question.forms[form].sizes;
    const auto full = fill(sizes, rooms, n);
    if (!full) return std::nullopt;
    Placement placement = settle(question, form, fill_evenly(sizes, rooms, *full, n));
    return host_holds(placement, question) ? std::optional{std::move(placement)} : std::nullopt;
  };
  for (std::size_t form = 0; form < question.forms.size(); ++form) {
    if (auto whole = attempt(form, n_all)) return whole;
  }
  for (std::size_t form = 0; form < question.forms.size(); ++form) {
    for (std::uint32_t n = n_all - 1; n > 0; --n) {
      if (auto part = attempt(form, n)) return part;
    }
  }
  return std::nullopt;
}

std::vector<std::string> names_of(std::span<const Room> rooms) {
  std::vector<std::string> names;
  for (const Room& room : rooms) names.push_back(room.device.name);
  return names;
}

}  // namespace

std::uint64_t Room::may_use() const {
  std::uint64_t least = limit > 0 ? limit : kNoLimit;
  if (device.memory_total_bytes > 0) least = std::min(least, share_of(device));
  if (device.memory_free_bytes > 0 || device.memory_total_bytes > 0)
    least = std::min(least, device.memory_free_bytes);
  return least;
}

std::uint64_t Room::most() const {
  if (limit > 0 && (device.memory_free_bytes == 0 || limit < device.memory_free_bytes)) return limit;
  return device.memory_free_bytes;
}

std::string margin_key(const DeviceInfo& device) {
  return device.kind == DeviceKind::kCpu ? std::string{"CPU"}
                                         : fmt::format("{} {}", device.backend, device.description);
}

Room room_of(const DeviceInfo& device, std::uint64_t limit, std::span<const wire::DeviceMargin> learnt) {
  std::uint64_t margin = kMargin;
  if (device.kind != DeviceKind::kCpu && device.memory_total_bytes > 0)
    margin = std::min(kMargin, device.memory_total_bytes / 8);
  const auto found = std::ranges::find(learnt, margin_key(device), &wire::DeviceMargin::device);
  // Of what was learnt at most a quarter of the device, so that one odd reading cannot close it.
  if (found != learnt.end())
    margin = std::max(margin, std::min(found->n_bytes, device.memory_total_bytes / 4));
  return {.device = device, .limit = limit, .margin = margin};
}

std::vector<DeviceInfo> usable_gpus(std::span<const DeviceInfo> gpus, bool named) {
  std::vector<DeviceInfo> chosen{gpus.begin(), gpus.end()};
  if (named) return chosen;
  std::erase_if(chosen, imitates_gpu);
  const auto is_discrete = [](const DeviceInfo& device) { return device.kind == DeviceKind::kGpu; };
  if (std::ranges::any_of(chosen, is_discrete)) std::erase_if(chosen, std::not_fn(is_discrete));
  return chosen;
}

void complete_ledger(std::vector<DevicePlan>& ledger, const PlacementQuestion& question) {
  for (DevicePlan& part : ledger) {
    const bool is_host = &part == &ledger.back();
    if (is_host) part.device = question.host.device.name;
    const auto gpu =
        std::ranges::find(question.gpus, part.device, [](const Room& r) { return r.device.name; });
    const Room& room = is_host ? question.host : *gpu;
    part.description = room.device.description;
    part.draft_bytes = draft_on(question, part.device);
    part.margin_bytes = room.margin;
    part.may_use_bytes = room.may_use() == kNoLimit ? 0 : room.may_use();
    part.free_bytes = room.device.memory_free_bytes;
    part.total_bytes = room.device.memory_total_bytes;
    part.sum_bytes = sum_of(part);
  }
  DevicePlan& host = ledger.back();
  const std::uint64_t most = question.host.most();
  const std::uint64_t rest = most - std::min(most, host_needs(ledger, question));
  host.caches_bytes = question.cache_ram_mib == wire::kCacheRamAuto ? std::min(kMostAutomaticCache, rest / 4)
                                                                    : question.cache_ram_mib * kMiB.value;
  host.sum_bytes = sum_of(host);
}

Placement choose_placement(const PlacementQuestion& question) {
  if (question.gpus.empty()) {
    return on_cpu(question, question.left_out.empty()
                                ? "no GPU is in use"
                                : fmt::format("{} only imitates a GPU in software", question.left_out));
  }
  if (question.n_gpu_layers == 0) return on_cpu(question, "no layer was asked to be on a GPU");
  if (question.n_gpu_layers != wire::kGpuLayersAuto) return as_asked(question);
  const std::string free = room_text(all_rooms(question));
  auto placement = on_gpus(question);
  if (!placement) {
    return on_cpu(question, fmt::format("{} of {} may be used and not one layer fits", free,
                                        fmt::join(names_of(question.gpus), ", ")));
  }
  const Form& form = question.forms[placement->form];
  const LayerSplit any(question.gpus.size(), 0);
  placement->sentence = fmt::format("It runs with {}: {} may be used there, the whole model needs {}.{}",
                                    describe(form.sizes, *placement), free,
                                    to_string(Bytes{whole_model(question, any)}), smaller_text(form));
  return *std::move(placement);
}

Status check_memory(const Placement& placement, const PlacementQuestion& question) {
  const std::uint32_t n_ctx = question.forms[placement.form].shape.n_ctx;
  const auto refuse = [&](const std::string& where, std::uint64_t needs, const Room& room,
                          std::string_view remedy) {
    const bool by_limit = room.limit > 0 && room.most() == room.limit;
    return fail(
        ErrorCode::kModelOutOfMemory,
        fmt::format("the model{} needs about {} of {} with a context of {} tokens and {} is {}: {}, or "
                    "take a smaller --ctx-size or a smaller quantization (--ignore-memory-check loads it "
                    "all the same)",
                    question.draft.empty() ? "" : " with its draft model", to_string(Bytes{needs}), where,
                    n_ctx, to_string(Bytes{room.most()}), by_limit ? "allowed" : "free",
                    by_limit ? "raise the limit" : remedy),
        "model");
  };
  const std::uint64_t host = host_needs(placement.ledger, question);
  if (question.host.most() > 0 && host > question.host.most())
    return refuse("memory", host, question.host, "free some memory");
  for (const DevicePlan& part : placement.ledger) {
    const auto gpu =
        std::ranges::find(question.gpus, part.device, [](const Room& r) { return r.device.name; });
    // Some drivers do not say what is free.
    if (gpu == question.gpus.end() || gpu->most() == 0 || part.sum_bytes <= gpu->most()) continue;
    return refuse(fmt::format("GPU memory ({})", part.device), part.sum_bytes, *gpu,
                  "lower --gpu-layers (auto finds what fits)");
  }
  return {};
}

}  // namespace minerva::inference
