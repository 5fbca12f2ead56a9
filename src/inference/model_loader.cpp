#include "inference/model_loader.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "device/devices.h"
#include "inference/cpu_kernels.h"
#include "inference/ladder.h"
#include "inference/library_load.h"
#include "inference/llama_log.h"
#include "inference/load_plan.h"
#include "inference/memory_report.h"
#include "inference/model_card.h"
#include "inference/model_file.h"
#include "inference/model_forms.h"

namespace minerva::inference {
namespace {

LadderFacts facts_of(const LoadPlan& plan, const wire::LoadOptions& options, const ModelFile& file) {
  return {.n_gpu_layers = plan.placement.n_gpu_layers,
          .n_ctx = plan.shape.n_ctx,
          .n_parallel = plan.shape.n_parallel,
          .n_batch = plan.shape.n_batch,
          .can_quantize_kv = may_quantize_kv(options, file) && plan.format.type_k != "q8_0"};
}

std::vector<wire::DeviceMemory> as_memory(std::span<const wire::DevicePlan> ledger) {
  std::vector<wire::DeviceMemory> memory;
  for (const wire::DevicePlan& part : ledger) {
    memory.push_back({.device = part.device,
                      .weights_bytes = part.weights_bytes,
                      .kv_bytes = part.kv_bytes,
                      .compute_bytes = part.compute_bytes});
  }
  return memory;
}

Result<LoadedModel> load_planned(const wire::LoadOptions& options, const ModelFile& file,
                                 const LoadPlan& plan, const std::function<bool(float)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  const LlamaLogCapture said;
  MemoryWatch watch{plan.placement.devices};
  if (rows_beat_tiles(file.quantizations, device::cpu_features(), plan.shape.n_parallel)) use_row_kernels();
  auto model = load_weights(options, plan.placement, said, progress);
  if (!model) return std::unexpected(model.error());
  if (const Status kind = check_kind(model->get(), options.model_path); !kind)
    return std::unexpected(kind.error());
  auto context = make_context(model->get(), options, file, plan.shape, plan.format, said);
  if (!context) return std::unexpected(context.error());

  wire::ModelCard card = make_card(model->get(), context->get(), file, options.model_path);
  card.kv_unified = options.kv_unified;
  card.flash_attention = plan.format.flash_attention;
  card.cache_type_k = plan.format.type_k;
  card.cache_type_v = plan.format.type_v;
  card.n_gpu_layers = plan.placement.n_gpu_layers;
  card.n_threads = static_cast<std::uint32_t>(llama_n_threads(context->get()));
  card.placement = plan.placement.sentence;
  card.memory = memory_by_device(said.lines(), plan.placement.devices);
  card.planned = as_memory(plan.placement.ledger);
  const auto took = std::chrono::steady_clock::now() - begin;
  card.load_us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  return LoadedModel{.model = std::move(*model),
                     .context = std::move(*context),
                     .card = std::move(card),
                     .watch = std::move(watch)};
}

// One form of the model; kModelOutOfMemory when a smaller one may fit.
Result<LoadedModel> load_step(const Step& step, const LoadPlan& plan, const ModelFile& file,
                              const std::function<bool(float)>& progress) {
  if (const Status& fits = plan.fits; !fits && !step.options.ignore_memory_check)
    return std::unexpected(fits.error());
  auto loaded = load_planned(step.options, file, plan, progress);
  if (!loaded || step.rung == 0) return loaded;
  loaded->card.rung = step.rung;
  loaded->card.placement +=
      fmt::format(" More did not fit when it was tried: this is with {}.", name_of_rung(step.rung));
  return loaded;
}

Error memory_ran_out(const wire::LoadOptions& options) {
  return {.code = ErrorCode::kModelOutOfMemory,
          .message = fmt::format("{}: memory ran out on the smallest form of it", options.model_path),
          .field = "model"};
}

Error nothing_smaller(const wire::LoadOptions& options, const Error& last) {
  Error error = last;
  error.message += options.require_gpu ? "; no smaller form of it fits, and --require-gpu forbids the CPU"
                                       : "; no smaller form of it fits either";
  return error;
}

}  // namespace

// What is refused because the numbers say so is refused, so that nobody gets less than was asked for; but what failed when it
// was tried, or has to be kept because requests are under way, is made smaller until it fits.
Result<LoadedModel> load_model(const wire::LoadOptions& options, const std::function<bool(float)>& progress) {
  const auto file = inspect_model_file(options.model_path);
  if (!file) return std::unexpected(file.error());
  // On the last rung nothing asks a driver for its devices: it may be what ended the workers before.
  const auto first = step_down(options, {.n_gpu_layers = 1}, options.rung < kCpuRung ? 0 : kCpuRung);
  if (!first) return std::unexpected(nothing_smaller(options, memory_ran_out(options)));
  const auto asked = make_plan(first->options, *file);
  if (!asked) return std::unexpected(asked.error());
  const bool may_shrink = options.rung > 0 || options.n_ctx_least > 0;
  if (const Status& fits = asked->fits; !fits && !options.ignore_memory_check && !may_shrink)
    return std::unexpected(fits.error());
  const LadderFacts facts = facts_of(*asked, options, *file);
  Error last = memory_ran_out(options);
  for (std::uint32_t rung = options.rung;;) {
    const auto step = step_down(options, facts, rung);
    if (!step) return std::unexpected(nothing_smaller(options, last));
    const auto plan = step->rung == first->rung ? asked : make_plan(step->options, *file);
    if (!plan) return std::unexpected(plan.error());
    auto loaded = load_step(*step, *plan, *file, progress);
    if (loaded || loaded.error().code != ErrorCode::kModelOutOfMemory) return loaded;
    log::warn("inference", "{}", to_string(loaded.error()));
    last = std::move(loaded.error());
    rung = step->rung + 1;
  }
}

}  // namespace minerva::inference
