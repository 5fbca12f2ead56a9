#include "inference/model_loader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/utf8.h"
#include "device/devices.h"
#include "device/host_memory.h"
#include "inference/cpu_kernels.h"
#include "inference/cpu_threads.h"
#include "inference/draft_loader.h"
#include "inference/inference_backend.h"
#include "inference/kv_format.h"
#include "inference/ladder.h"
#include "inference/library_fault.h"
#include "inference/llama_log.h"
#include "inference/memory_report.h"
#include "inference/model_card.h"
#include "inference/model_file.h"
#include "inference/placement.h"

namespace minerva::inference {
namespace {

constexpr std::uint32_t kDefaultParallel = 4;
constexpr std::uint32_t kDefaultBatch = 512;
constexpr std::uint32_t kDefaultContext = 8192;   // of one sequence, when the model was trained for more
constexpr std::uint32_t kContextAlignment = 256;  // to which libllama rounds a sequence's cells up

// A smaller model computes with one thread unless told otherwise: its step takes about a millisecond, and each of its
// hundred barriers costs a time slice when the machine is busy and the other thread is not running. Measured with 5 MB on two
// busy cores: 6 tok/s with two threads, 1376 with one.
constexpr Bytes kOneThreadModel{32 * kMiB.value};

bool is_gpu(const wire::DeviceInfo& device) {
  return device.kind == wire::DeviceKind::kGpu || device.kind == wire::DeviceKind::kIntegratedGpu;
}

// The GPUs that may be used: all, those named, or none.
Result<std::vector<wire::DeviceInfo>> allowed_gpus(const wire::LoadOptions& options) {
  std::vector<wire::DeviceInfo> gpus = device::list_devices();  // which also makes ggml load its back ends
  std::erase_if(gpus, std::not_fn(is_gpu));
  if (std::ranges::contains(options.devices, "none")) return {};
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
    named.push_back(*it);
  }
  return named;
}

constexpr std::uint64_t aligned(std::uint64_t n_cells) {
  return (n_cells + kContextAlignment - 1) / kContextAlignment * kContextAlignment;
}

Result<ContextShape> choose_context(const wire::LoadOptions& options, const ModelFile& file) {
  const std::uint32_t n_parallel = options.n_parallel > 0 ? options.n_parallel : kDefaultParallel;
  if (n_parallel > llama_max_parallel_sequences()) {
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("{} parallel sequences are more than the {} that llama.cpp can run", n_parallel,
                            llama_max_parallel_sequences()),
                "parallel");
  }
  const std::uint32_t n_trained = file.n_ctx_train > 0 ? file.n_ctx_train : kDefaultContext;
  // Each sequence has a part of its own, or one may take all.
  const std::uint32_t n_parts = options.kv_unified ? 1 : n_parallel;
  const std::uint64_t n_most = std::uint64_t{n_trained} * (n_parallel / n_parts);
  const std::uint64_t n_asked =
      options.n_ctx > 0 ? options.n_ctx / n_parts
                        : std::uint64_t{std::min(n_trained, kDefaultContext)} * n_parallel / n_parts;
  if (n_asked > n_most) {
    log::warn("inference",
              "a context of {} tokens is more than the {} this model was trained for: it stays at {}",
              n_asked, n_trained, n_most);
  }
  const std::uint64_t n_part = aligned(std::max<std::uint64_t>(1, std::min(n_asked, n_most)));
  if (n_part * n_parts > UINT32_MAX) {
    return fail(ErrorCode::kInvalidConfiguration, "the context is larger than llama.cpp can address",
                "ctx-size");
  }
  const std::uint32_t n_batch = options.n_batch > 0 ? options.n_batch : kDefaultBatch;
  return ContextShape{.n_ctx = static_cast<std::uint32_t>(n_part * n_parts),
                      .n_parallel = n_parallel,
                      .n_batch = std::max(n_batch, n_parallel)};
}

// --- the library's part

// The reason of a failed load, from what the library said: its own sentence, or all its lines.
std::string reason_in(const std::vector<std::string>& errors) {
  constexpr std::string_view kMark = "error loading model: ";
  constexpr std::size_t kExcerpt = 600;  // it may quote the file, at any length
  for (const std::string& line : errors) {
    if (const std::size_t at = line.find(kMark); at != std::string::npos)
      return utf8::excerpt(std::string_view{line}.substr(at + kMark.size()), kExcerpt);
  }
  return errors.empty() ? std::string{"llama.cpp gives no reason"}
                        : utf8::excerpt(fmt::format("{}", fmt::join(errors, "; ")), kExcerpt);
}

Error explain(const std::vector<std::string>& errors, const std::string& path, std::string_view what) {
  const std::string reason = reason_in(errors);
  if (reason.contains("unknown model architecture")) {
    return {
        .code = ErrorCode::kModelInvalid,
        .message = fmt::format("{}: {} to llama.cpp {}: a newer llama.cpp may know it, or take another model",
                               path, reason, llama_version()),
        .field = "model"};
  }
  const bool memory = std::ranges::any_of(errors, tells_of_memory);
  return {.code = memory ? ErrorCode::kModelOutOfMemory : ErrorCode::kModelInvalid,
          .message = fmt::format("{}: {}: {}", path, what, reason),
          .field = "model"};
}

// What the library says without a word of memory is about the options: a type that the model's heads cannot be kept in.
Error explain_context(const std::vector<std::string>& errors, const std::string& path, std::uint32_t n_ctx) {
  if (!errors.empty() && std::ranges::none_of(errors, tells_of_memory)) {
    return {.code = ErrorCode::kInvalidConfiguration,
            .message = fmt::format("{}: llama.cpp cannot make this context: {}", path, reason_in(errors)),
            .field = {}};
  }
  Error error = explain(errors, path, fmt::format("no room for a context of {} tokens", n_ctx));
  error.code = ErrorCode::kModelOutOfMemory;
  return error;
}

Result<ModelHandle> load_weights(const wire::LoadOptions& options, const Placement& placement,
                                 const LlamaLogCapture& said, const std::function<bool(float)>& progress) {
  std::vector<ggml_backend_dev_t> devices;
  devices.reserve(placement.devices.size() + 1);
  for (const std::string& name : placement.devices) devices.push_back(ggml_backend_dev_by_name(name.c_str()));
  devices.push_back(nullptr);
  struct Watch {
    const std::function<bool(float)>& progress;
    bool given_up = false;
  } watch{.progress = progress};
  llama_model_params params = llama_model_default_params();
  params.devices = devices.data();
  params.n_gpu_layers = static_cast<std::int32_t>(placement.n_gpu_layers);
  params.progress_callback_user_data = &watch;
  params.progress_callback = [](float fraction, void* user) {
    auto& state = *static_cast<Watch*>(user);
    state.given_up = !state.progress(fraction);
    return !state.given_up;
  };
  ModelHandle model{llama_model_load_from_file(options.model_path.c_str(), params)};
  if (watch.given_up) return fail(ErrorCode::kCancelled, "loading was given up");
  if (!model)
    return std::unexpected(explain(said.errors(), options.model_path, "llama.cpp cannot load this model"));
  return model;
}

// Models of other kinds load, but do not generate text one token after the other.
Status check_kind(const llama_model* model, const std::string& path) {
  const auto refuse = [&](std::string_view kind) {
    return fail(ErrorCode::kModelInvalid,
                fmt::format("{}: this is {}, which cannot chat: name a text generation model", path, kind),
                "model");
  };
  const std::string architecture = meta_text(model, "general.architecture");
  if (llama_vocab_type(llama_model_get_vocab(model)) == LLAMA_VOCAB_TYPE_NONE)
    return refuse("a model without a vocabulary");
  if (llama_model_has_encoder(model)) return refuse("an encoder-decoder model");
  if (!llama_model_has_decoder(model)) return refuse("an encoder");
  if (llama_model_is_diffusion(model)) return refuse("a diffusion model");
  if (meta_text(model, architecture + ".attention.causal") == "false") return refuse("an embedding model");
  return {};
}

std::uint32_t choose_threads(const wire::LoadOptions& options, const ModelFile& file) {
  if (options.n_threads > 0) return options.n_threads;
  return Bytes{file.file_bytes} < kOneThreadModel ? 1 : physical_cores_available();
}

std::uint32_t most_at_once(const KvFormat& format) {
  return format.flash_attention == wire::FlashAttention::kOff ? kPlainAttentionTokens : kDefaultBatch;
}

llama_flash_attn_type library_value(wire::FlashAttention flash_attention) {
  switch (flash_attention) {
    case wire::FlashAttention::kOn: return LLAMA_FLASH_ATTN_TYPE_ENABLED;
    case wire::FlashAttention::kOff: return LLAMA_FLASH_ATTN_TYPE_DISABLED;
    case wire::FlashAttention::kAuto: break;
  }
  return LLAMA_FLASH_ATTN_TYPE_AUTO;
}

// Of the file and the shape, with the format that suits where the model goes: where depends on the sizes, and the format on
// where.
Result<KvFormat> settle_kv_format(const wire::LoadOptions& options, const ModelFile& file,
                                  const Placement& placement, ContextShape& shape) {
  const std::vector<std::string> cpu_features = device::cpu_features();
  const KvQuestion question{.model_file = Bytes{file.file_bytes},
                            .n_head = file.n_head,
                            .n_cells = options.kv_unified ? shape.n_ctx : shape.n_ctx / shape.n_parallel,
                            .on_cpu_alone = placement.n_gpu_layers == 0,
                            .cpu_features = cpu_features};
  auto format = choose_kv_format(options, question);
  if (format) {
    shape.kv_size = format->relative_size();
    shape.scores = score_bytes(*format, question);
  }
  return format;
}

Result<ContextHandle> make_context(llama_model* model, const wire::LoadOptions& options,
                                   const ModelFile& file, const ContextShape& shape, const KvFormat& format,
                                   const LlamaLogCapture& said) {
  const auto n_threads = static_cast<std::int32_t>(choose_threads(options, file));
  llama_context_params params = llama_context_default_params();
  params.n_ctx = shape.n_ctx;
  params.n_seq_max = shape.n_parallel;
  params.n_batch = shape.n_batch;
  params.n_ubatch = std::min(shape.n_batch, most_at_once(format));
  params.n_outputs_max = n_outputs(shape.n_parallel);
  params.n_threads = n_threads;
  params.n_threads_batch = n_threads;
  params.flash_attn_type = library_value(format.flash_attention);
  params.type_k = *kv_type(format.type_k);
  params.type_v = *kv_type(format.type_v);
  params.kv_unified = options.kv_unified;
  ContextHandle context{llama_init_from_model(model, params)};
  if (!context) return std::unexpected(explain_context(said.errors(), options.model_path, shape.n_ctx));
  return context;
}

// What the options come to on this machine now.
struct Plan {
  ContextShape shape;
  KvFormat format;
  Placement placement;
};

Result<Plan> make_plan(const wire::LoadOptions& options, const ModelFile& file) {
  const auto gpus = allowed_gpus(options);
  if (!gpus) return std::unexpected(gpus.error());
  auto shape = choose_context(options, file);
  if (!shape) return std::unexpected(shape.error());
  const auto draft = inspect_draft_model(options, *shape, *gpus);
  if (!draft) return std::unexpected(draft.error());
  const auto place = [&] {
    return choose_gpu_layers(file, *shape, *gpus, !options.devices.empty(), options.n_gpu_layers, *draft);
  };
  auto format = settle_kv_format(options, file, place(), *shape);
  if (!format) return std::unexpected(format.error());
  Plan plan{.shape = *shape, .format = std::move(*format), .placement = place()};
  if (options.require_gpu && plan.placement.n_gpu_layers == 0) {
    return fail(
        ErrorCode::kGpuNotAvailable,
        fmt::format("{} That is not allowed with --require-gpu: free memory of the GPU, take a smaller "
                    "quantization, or leave the setting out ('minerva doctor' lists the devices)",
                    plan.placement.sentence),
        "require-gpu");
  }
  return plan;
}

Status check_plan(const Plan& plan, const wire::LoadOptions& options) {
  if (options.ignore_memory_check) return {};
  const auto gpus = allowed_gpus(options);
  if (!gpus) return std::unexpected(gpus.error());
  return check_memory(plan.placement, plan.shape, device::host_memory().available, *gpus);
}

LadderFacts facts_of(const Plan& plan, const wire::LoadOptions& options, const ModelFile& file) {
  constexpr std::uint32_t kBlock = 32;  // numbers of a block of q8_0
  const bool is_open = options.cache_type_k.empty() && options.cache_type_v.empty() &&
                       options.flash_attention != wire::FlashAttention::kOff;
  const bool has_whole_blocks = file.n_head > 0 && file.n_embd / file.n_head % kBlock == 0;
  return {.n_gpu_layers = plan.placement.n_gpu_layers,
          .n_ctx = plan.shape.n_ctx,
          .n_parallel = plan.shape.n_parallel,
          .n_batch = plan.shape.n_batch,
          .can_quantize_kv = is_open && has_whole_blocks};
}

Result<LoadedModel> load_planned(const wire::LoadOptions& options, const ModelFile& file, const Plan& plan,
                                 const std::function<bool(float)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  const LlamaLogCapture said;
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
  const auto took = std::chrono::steady_clock::now() - begin;
  card.load_us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  return LoadedModel{.model = std::move(*model), .context = std::move(*context), .card = std::move(card)};
}

// One form of the model; kModelOutOfMemory when a smaller one may fit.
Result<LoadedModel> load_step(const Step& step, const ModelFile& file,
                              const std::function<bool(float)>& progress) {
  const auto plan = make_plan(step.options, file);
  if (!plan) return std::unexpected(plan.error());
  if (const Status fits = check_plan(*plan, step.options); !fits) return std::unexpected(fits.error());
  auto loaded = load_planned(step.options, file, *plan, progress);
  if (!loaded || step.rung == 0) return loaded;
  loaded->card.rung = step.rung;
  loaded->card.placement +=
      fmt::format(" More did not fit when it was tried: this is with {}.", name_of_rung(step.rung));
  return loaded;
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
  const auto asked = make_plan(options, *file);
  if (!asked) return std::unexpected(asked.error());
  const bool may_shrink = options.rung > 0 || options.n_ctx_least > 0;
  if (const Status fits = check_plan(*asked, options); !fits && !may_shrink)
    return std::unexpected(fits.error());
  const LadderFacts facts = facts_of(*asked, options, *file);
  Error last{.code = ErrorCode::kModelOutOfMemory,
             .message = fmt::format("{}: memory ran out on the smallest form of it", options.model_path),
             .field = "model"};
  for (std::uint32_t rung = options.rung;;) {
    const auto step = step_down(options, facts, rung);
    if (!step) return std::unexpected(nothing_smaller(options, last));
    auto loaded = load_step(*step, *file, progress);
    if (loaded || loaded.error().code != ErrorCode::kModelOutOfMemory) return loaded;
    log::warn("inference", "{}", to_string(loaded.error()));
    last = std::move(loaded.error());
    rung = step->rung + 1;
  }
}

}  // namespace minerva::inference
