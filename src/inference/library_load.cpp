#include "inference/library_load.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ggml-backend.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/utf8.h"
#include "inference/cpu_threads.h"
#include "inference/inference_backend.h"
#include "inference/library_fault.h"
#include "inference/model_card.h"

namespace minerva::inference {
namespace {

constexpr std::uint32_t kMostAtOnce = 512;  // tokens that are computed at once; more gain nothing

// A smaller model computes with one thread unless told otherwise: its step takes about a millisecond, and each of its
// hundred barriers costs a time slice when the machine is busy and the other thread is not running. Measured with 5 MB on two
// busy cores: 6 tok/s with two threads, 1376 with one.
constexpr Bytes kOneThreadModel{32 * kMiB.value};

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

std::uint32_t choose_threads(const wire::LoadOptions& options, const ModelFile& file) {
  if (options.n_threads > 0) return options.n_threads;
  return Bytes{file.file_bytes} < kOneThreadModel ? 1 : physical_cores_available();
}

std::uint32_t most_at_once(const KvFormat& format) {
  return format.flash_attention == wire::FlashAttention::kOff ? kPlainAttentionTokens : kMostAtOnce;
}

llama_flash_attn_type library_value(wire::FlashAttention flash_attention) {
  switch (flash_attention) {
    case wire::FlashAttention::kOn: return LLAMA_FLASH_ATTN_TYPE_ENABLED;
    case wire::FlashAttention::kOff: return LLAMA_FLASH_ATTN_TYPE_DISABLED;
    case wire::FlashAttention::kAuto: break;
  }
  return LLAMA_FLASH_ATTN_TYPE_AUTO;
}

}  // namespace

Result<ModelHandle> load_weights(const wire::LoadOptions& options, const Placement& placement,
                                 const LlamaLogCapture& said, const std::function<bool(float)>& progress,
                                 Weights weights) {
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
  // The library gives each device the layers up to its share of the sum, which counts of layers meet exactly.
  std::vector<float> split(llama_max_devices(), 0.0F);
  std::ranges::copy(placement.split, split.begin());
  if (placement.split.size() > 1) params.tensor_split = split.data();
  if (weights == Weights::kNone) {
    params.no_alloc = true;
    params.load_mode = LLAMA_LOAD_MODE_NONE;
  }
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

}  // namespace minerva::inference
