#include "inference/load_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "device/back_ends.h"
#include "device/devices.h"
#include "device/host_memory.h"
#include "inference/draft_loader.h"
#include "inference/dry_load.h"
#include "inference/model_forms.h"

namespace minerva::inference {
namespace {

// An estimate is trusted that far: within this of a memory's size the library is asked.
constexpr double kTrusted = 1.25;

bool is_gpu(const wire::DeviceInfo& device) {
  return device.kind == wire::DeviceKind::kGpu || device.kind == wire::DeviceKind::kIntegratedGpu;
}

bool is_near(std::uint64_t n_bytes, std::uint64_t room) {
  const auto size = static_cast<double>(n_bytes);
  return size * kTrusted > static_cast<double>(room) && size < static_cast<double>(room) * kTrusted;
}

// On a GPU each layer more counts, so that there the numbers matter wherever not everything plainly fits.
bool numbers_matter(const Placement& placement, const PlacementQuestion& question) {
  const std::size_t n_all = question.forms.front().sizes.layers.size() + 1;
  if (!placement.devices.empty() && (placement.n_gpu_layers < n_all || placement.form > 0)) return true;
  const wire::DevicePlan& host = placement.ledger.back();
  if (is_near(host.sum_bytes - host.caches_bytes, question.host.may_use()) ||
      is_near(host.sum_bytes - host.caches_bytes, question.host.most()))
    return true;
  return std::ranges::any_of(placement.ledger, [&](const wire::DevicePlan& part) {
    return &part != &placement.ledger.back() &&
           static_cast<double>(part.sum_bytes) * kTrusted > static_cast<double>(part.may_use_bytes);
  });
}

std::uint64_t scaled(std::uint64_t value, std::uint64_t measured, std::uint64_t estimated) {
  if (estimated == 0) return measured;
  return static_cast<std::uint64_t>(static_cast<double>(value) * static_cast<double>(measured) /
                                    static_cast<double>(estimated));
}

// What the library said of one form, for all: exact for that one, and in proportion for the others.
void correct(std::vector<Form>& forms, const ModelSizes& estimate, const DrySizes& dry, bool on_cpu_alone) {
  for (Form& form : forms) {
    for (std::size_t i = 0; i < form.sizes.layer_kv.size(); ++i)
      form.sizes.layer_kv[i] = scaled(form.sizes.layer_kv[i], dry.layer_kv[i], estimate.layer_kv[i]);
    if (on_cpu_alone) {
      form.sizes.host_compute_alone =
          scaled(form.sizes.host_compute_alone, dry.host_compute, estimate.host_compute_alone);
      continue;
    }
    form.sizes.host_compute = scaled(form.sizes.host_compute, dry.host_compute, estimate.host_compute);
    form.sizes.gpu_compute =
        scaled(form.sizes.gpu_compute, std::ranges::max(dry.gpu_compute), estimate.gpu_compute);
  }
}

bool is_same(const Placement& a, const Placement& b) {
  return a.form == b.form && a.devices == b.devices && a.split == b.split;
}

// Chooses, asks the library what that would take, and chooses again with its numbers, until the choice stands.
class Planner {
 public:
  Planner(const wire::LoadOptions& options, const ModelFile& file, std::vector<OpenForm> open,
          PlacementQuestion question)
      : options_{options}, file_{file}, open_{std::move(open)}, question_{std::move(question)} {
    for (const OpenForm& form : open_) forms_.push_back(form.form);
    question_.forms = forms_;
  }

  Result<LoadPlan> plan(Exactness exactness, std::span<const std::string> cpu_features) {
    constexpr int kMostDryLoads = 4;
    Placement placement = choose_placement(question_);
    bool is_exact = false;
    for (int i = 0; i < kMostDryLoads && !is_exact; ++i) {
      if (exactness == Exactness::kWhereItMatters && !numbers_matter(placement, question_)) break;
      const OpenForm& open = open_[placement.form];
      const auto format =
          format_of(open.options, file_, open.form.shape, placement.devices.empty(), cpu_features);
      if (!format) return std::unexpected(format.error());
      const auto dry = dry_load(options_, file_, open.form.shape, *format, placement);
      if (!dry) {
        log::warn("inference", "sizes are estimated: {}", dry.error().message);
        break;
      }
      correct(forms_, ModelSizes{forms_[placement.form].sizes}, *dry, placement.devices.empty());
      Placement better = choose_placement(question_);
      is_exact = is_same(better, placement);
      placement = std::move(better);
      if (is_exact) take_compute(placement, *dry);
    }
    const OpenForm& open = open_[placement.form];
    auto format = format_of(open.options, file_, open.form.shape, placement.devices.empty(), cpu_features);
    if (!format) return std::unexpected(format.error());
    LoadPlan plan{.shape = open.form.shape,
                  .format = std::move(*format),
                  .placement = std::move(placement),
                  .is_exact = is_exact,
                  .fits = {}};
    plan.fits = check_memory(plan.placement, question_);
    return plan;
  }

 private:
  // The largest of the GPUs' buffers served for the choice; here each has its own.
  void take_compute(Placement& placement, const DrySizes& dry) const {
    for (std::size_t i = 0; i < dry.gpu_compute.size(); ++i)
      placement.ledger[i].compute_bytes = dry.gpu_compute[i];
    complete_ledger(placement.ledger, question_);
  }

  const wire::LoadOptions& options_;
  const ModelFile& file_;
  std::vector<OpenForm> open_;
  std::vector<Form> forms_;
  PlacementQuestion question_;
};

Status check_requirement(const wire::LoadOptions& options, const Placement& placement) {
  if (!options.require_gpu || placement.n_gpu_layers > 0) return {};
  return fail(ErrorCode::kGpuNotAvailable,
              fmt::format("{} That is not allowed with --require-gpu: free memory of the GPU, take a smaller "
                          "quantization, or leave the setting out ('minerva doctor' lists the devices)",
                          placement.sentence),
              "require-gpu");
}

}  // namespace

Result<std::vector<wire::DeviceInfo>> allowed_gpus(const wire::LoadOptions& options) {
  if (std::ranges::contains(options.devices, "none")) {
    device::load_back_ends(device::BackEnds::kCpu);
    return {};
  }
  std::vector<wire::DeviceInfo> gpus = device::list_devices();
  std::erase_if(gpus, std::not_fn(is_gpu));
  if (options.devices.empty()) return gpus;
  std::vector<wire::DeviceInfo> named;
  for (const std::string& name : options.devices) {
    const auto it = std::ranges::find(gpus, name, &wire::DeviceInfo::name);
    if (it == gpus.end()) {
      const auto names = std::views::transform(gpus, &wire::DeviceInfo::name);
      return fail(ErrorCode::kGpuNotAvailable,
                  gpus.empty()
                      ? fmt::format("there is no device {}: this machine has no GPU that ggml can use; "
                                    "'none' runs on the CPU",
                                    name)
                      : fmt::format("there is no device {}: use {} or 'none'", name, fmt::join(names, ", ")),
                  "device");
    }
    if (!std::ranges::contains(named, name, &wire::DeviceInfo::name)) named.push_back(*it);
  }
  return named;
}

wire::DeviceInfo host_device() {
  const device::HostMemory memory = device::host_memory();
  return {.name = "CPU",
          .description = memory.limited ? "the host, within its control group" : "the host",
          .backend = "CPU",
          .kind = wire::DeviceKind::kCpu,
          .memory_free_bytes = memory.available.value,
          .memory_total_bytes = memory.total.value};
}

Result<LoadPlan> make_plan(const wire::LoadOptions& options, const ModelFile& file, Exactness exactness) {
  const auto gpus = allowed_gpus(options);
  if (!gpus) return std::unexpected(gpus.error());
  const std::vector<std::string> cpu_features = device::cpu_features();
  auto open = open_forms(options, file, cpu_features);
  if (!open) return std::unexpected(open.error());
  if (const std::uint32_t n_ctx = open->front().form.shape.n_ctx; options.n_ctx > n_ctx) {
    log::warn("inference", "a context of {} tokens is more than this model was trained for: it stays at {}",
              options.n_ctx, n_ctx);
  }
  std::vector<Room> rooms;
  for (const wire::DeviceInfo& gpu : usable_gpus(*gpus, !options.devices.empty()))
    rooms.push_back(room_of(gpu, options.gpu_memory_limit_bytes, options.margins));
  auto draft = inspect_draft_model(options, open->front().form.shape, rooms);
  if (!draft) return std::unexpected(draft.error());
  PlacementQuestion question{.forms = {},
                             .gpus = rooms,
                             .left_out = rooms.empty() && !gpus->empty() ? gpus->front().name : std::string{},
                             .host = room_of(host_device(), options.memory_limit_bytes, options.margins),
                             .n_gpu_layers = options.n_gpu_layers,
                             .cache_ram_mib = options.cache_ram_mib,
                             .draft = std::move(*draft)};
  auto plan = Planner{options, file, *std::move(open), std::move(question)}.plan(exactness, cpu_features);
  if (!plan) return plan;
  if (const Status allowed = check_requirement(options, plan->placement); !allowed)
    return std::unexpected(allowed.error());
  return plan;
}

}  // namespace minerva::inference
