#include "inference/llama_cpp_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "device/back_ends.h"
#include "device/devices.h"
#include "inference/library_fault.h"
#include "inference/llama_log.h"
#include "inference/model_loader.h"
#include "inference/ordered_fault.h"

namespace minerva::inference {
namespace {

SamplingModel sampling_model(const llama_vocab* vocab, const wire::ModelCard& card) {
  SamplingModel model{
      .vocab = vocab, .n_vocab = llama_vocab_n_tokens(vocab), .n_context = card.n_ctx_sequence};
  for (Token token = 0; token < model.n_vocab; ++token) {
    const auto attributes = static_cast<std::uint32_t>(llama_vocab_get_attr(vocab, token));
    if (llama_vocab_is_eog(vocab, token)) {
      model.end_tokens.push_back(token);
    } else if ((attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) != 0) {
      model.control_tokens.push_back(token);
    }
  }
  std::int32_t n_suppressed = 0;
  const llama_token* suppressed = llama_vocab_get_suppress_tokens(vocab, &n_suppressed);
  for (std::int32_t i = 0; suppressed != nullptr && i < n_suppressed; ++i) {
    if (suppressed[i] >= 0 && suppressed[i] < model.n_vocab) model.suppressed_tokens.push_back(suppressed[i]);
  }
  return model;
}

}  // namespace

Result<std::unique_ptr<LlamaCppBackend>> LlamaCppBackend::load(const wire::LoadOptions& options,
                                                               const Progress& progress) {
  initialize(options);
  wire::LoadOptions on_rung = options;
  while (true) {
    auto loaded = load_model(on_rung, progress);
    if (!loaded) return std::unexpected(loaded.error());
    std::unique_ptr<LlamaCppBackend> backend{
        new LlamaCppBackend(std::move(loaded->model), std::move(loaded->context), std::move(loaded->card))};
    const Status warm = backend->warm_up();
    if (warm) {
      backend->card_.beyond_plan = loaded->watch.beyond_plan(backend->card_);
      return backend;
    }
    // Some buffers are made by the first step.
    if (warm.error().code != ErrorCode::kOutOfMemory) return std::unexpected(warm.error());
    log::warn("inference", "the first step ran out of memory: {}", to_string(warm.error()));
    on_rung.rung = backend->card().rung + 1;
  }
}

void LlamaCppBackend::initialize(const wire::LoadOptions& options) {
  install_llama_log();
  // The library loads all back ends by itself when there is none yet.
  const bool on_cpu_alone = options.rung >= wire::kCpuRung || std::ranges::contains(options.devices, "none");
  device::load_back_ends(on_cpu_alone ? device::BackEnds::kCpu : device::BackEnds::kAll);
  static std::once_flag once;
  std::call_once(once, llama_backend_init);
}

std::string LlamaCppBackend::version() {
  return fmt::format("llama.cpp {}, {}", llama_version(), device::ggml_version_text());
}

LlamaCppBackend::LlamaCppBackend(ModelHandle model, ContextHandle context, wire::ModelCard card)
    : model_{std::move(model)},
      context_{std::move(context)},
      vocab_{llama_model_get_vocab(model_.get())},
      card_{std::move(card)},
      tokenizer_{vocab_, card_.chat_template},
      sampling_model_{sampling_model(vocab_, card_)} {}

// The first step reads the weights into memory and lets the device build its kernels: better while loading.
Status LlamaCppBackend::warm_up() {
  const Token any = std::max(0, llama_vocab_bos(vocab_));
  const std::array<BatchToken, 1> batch{{{.token = any, .wants_logits = true}}};
  const auto decoded = decode(batch);
  llama_memory_clear(memory(), true);
  if (!decoded) return std::unexpected(decoded.error());
  return {};
}

Result<std::vector<Token>> LlamaCppBackend::tokenize(const wire::PromptText& prompt) const {
  return tokenizer_.tokenize(prompt);
}

Piece LlamaCppBackend::piece(Token token) const {
  Piece piece{.text = std::string(32, '\0'), .ends_generation = llama_vocab_is_eog(vocab_, token)};
  const auto render = [&] {
    return llama_token_to_piece(vocab_, token, piece.text.data(),
                                static_cast<std::int32_t>(piece.text.size()), 0, false);
  };
  std::int32_t n = render();
  if (n < 0) {
    piece.text.resize(static_cast<std::size_t>(-n));
    n = render();
  }
  piece.text.resize(static_cast<std::size_t>(std::max(0, n)));
  return piece;
}

Result<std::unique_ptr<Sampler>> LlamaCppBackend::make_sampler(const wire::SamplingParams& params,
                                                               std::span<const Token> prompt,
                                                               bool ignore_eos) {
  auto chain = SamplerChain::make(params, sampling_model_, ignore_eos);
  if (!chain) return std::unexpected(chain.error());
  for (const Token token : prompt) chain->accept_prompt(token);
  return std::make_unique<ChainSampler>(std::move(*chain), rows_, sampling_model_.n_vocab, params.n_probs);
}

Result<DecodeStatus> LlamaCppBackend::decode(std::span<const BatchToken> batch) {
  const std::size_t n = batch.size();
  arrays_ = {.token = {},
             .position = {},
             .n_seq_id = std::vector<std::int32_t>(n, 1),
             .seq_id = {},
             .seq_id_at = {},
             .logits = {}};
  for (const BatchToken& entry : batch) {
    arrays_.token.push_back(entry.token);
    arrays_.position.push_back(entry.position);
    arrays_.seq_id.push_back(entry.slot.value);
    arrays_.logits.push_back(entry.wants_logits ? 1 : 0);
  }
  for (llama_seq_id& id : arrays_.seq_id) arrays_.seq_id_at.push_back(&id);
  const llama_batch entries{.n_tokens = static_cast<std::int32_t>(n),
                            .token = arrays_.token.data(),
                            .embd = nullptr,
                            .pos = arrays_.position.data(),
                            .n_seq_id = arrays_.n_seq_id.data(),
                            .seq_id = arrays_.seq_id_at.data(),
                            .logits = arrays_.logits.data()};
  std::int32_t outcome = 0;
  // ggml's Vulkan back end throws through the C interface when the device is lost or its memory is gone.
  try {
    strike_if_ordered();
    outcome = llama_decode(context_.get(), entries);
    if (outcome == 0) llama_synchronize(context_.get());
  } catch (const std::exception& exception) {
    return std::unexpected(broken(exception.what()));
  }
  switch (outcome) {
    case 0: note_rows(batch); return DecodeStatus::kOk;
    case 1: return DecodeStatus::kNoMemorySlot;
    case -1:
      return fail(ErrorCode::kInternal,
                  "llama.cpp refuses the batch: a token or a position in it is invalid");
    case -2: return fail(ErrorCode::kOutOfMemory, "llama.cpp could not get the memory for this batch");
    default:
      return std::unexpected(
          broken(fmt::format("llama.cpp could not compute the batch (status {})", outcome)));
  }
}

// A failure that is not the batch's: of memory, or of a device that took part.
Error LlamaCppBackend::broken(std::string what) const {
  std::vector<std::string> lines = recent_library_errors();
  lines.push_back(what);
  ErrorCode code = fault_code(lines);
  if (code == ErrorCode::kWorkerCrashed)
    code = card_.n_gpu_layers > 0 ? ErrorCode::kGpuNotAvailable : ErrorCode::kInternal;
  return {.code = code, .message = std::move(what), .field = {}};
}

// Asking the library for a row waits for the device and may reorder its buffer, so it is done here, once, and the samplers
// of all threads find pointers.
void LlamaCppBackend::note_rows(std::span<const BatchToken> batch) {
  rows_.assign(batch.size(), nullptr);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].wants_logits) rows_[i] = llama_get_logits_ith(context_.get(), static_cast<std::int32_t>(i));
  }
}

bool LlamaCppBackend::cuts_anywhere() const {
  // A sliding window is kept at full size (llama_context_params::swa_full), so it can be cut too.
  return !llama_model_is_recurrent(model_.get()) && !llama_model_is_hybrid(model_.get());
}

bool LlamaCppBackend::remove_from(SlotId slot, std::int32_t from) {
  if (from == 0) return llama_memory_seq_rm(memory(), slot.value, -1, -1);
  return window_allows(slot, from) && llama_memory_seq_rm(memory(), slot.value, from, -1);
}

// Going on at `from` needs the positions of the attention window before it. A cache that keeps only the window may have
// let them go already.
bool LlamaCppBackend::window_allows(SlotId slot, std::int32_t from) const {
  const std::int32_t n_window = llama_model_n_swa(model_.get());
  if (n_window <= 0) return true;
  return llama_memory_seq_pos_min(memory(), slot.value) <= std::max(0, from - n_window);
}

bool LlamaCppBackend::copy_prefix(SlotId source, SlotId target, std::int32_t n) {
  if (!window_allows(source, n)) return false;
  if (card_.kv_unified) {
    llama_memory_seq_cp(memory(), source.value, target.value, 0, n);
    return true;
  }
  // Between streams only whole sequences can be copied; the tail is cut afterwards.
  llama_memory_seq_cp(memory(), source.value, target.value, -1, -1);
  if (llama_memory_seq_rm(memory(), target.value, n, -1)) return true;
  llama_memory_seq_rm(memory(), target.value, -1, -1);
  return false;
}

std::size_t LlamaCppBackend::state_size(SlotId slot) const {
  return llama_state_seq_get_size(context_.get(), slot.value);
}

SlotState LlamaCppBackend::state(SlotId slot) {
  SlotState state(state_size(slot));
  state.resize(llama_state_seq_get_data(context_.get(), state.data(), state.size(), slot.value));
  return state;
}

bool LlamaCppBackend::restore(SlotId slot, std::span<const std::uint8_t> state) {
  if (llama_state_seq_set_data(context_.get(), state.data(), state.size(), slot.value) > 0) return true;
  llama_memory_seq_rm(memory(), slot.value, -1, -1);
  return false;
}

}  // namespace minerva::inference
