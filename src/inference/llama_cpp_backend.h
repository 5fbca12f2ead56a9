#pragma once
// The real InferenceBackend: one model and one context of libllama, one KV stream a slot.
//
// Threads: as InferenceBackend says. Loaded one after the other, because the library's log is global.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "inference/chain_sampler.h"
#include "inference/inference_backend.h"
#include "inference/llama_handles.h"
#include "inference/prompt_tokenizer.h"

namespace minerva::inference {

class LlamaCppBackend final : public InferenceBackend {
 public:
  // Called with a fraction from 0 to 1; returns false to give up.
  using Progress = std::function<bool(float)>;

  // kModelNotFound, kModelInvalid: inspect_model_file's and the library's reasons. kModelOutOfMemory: refused by the
  // numbers beforehand, or by the library. kGpuNotAvailable: a device name that is not here. kCancelled: given up.
  [[nodiscard]] static Result<std::unique_ptr<LlamaCppBackend>> load(const wire::LoadOptions& options,
                                                                     const Progress& progress);

  // Whoever else calls into the library does this first; again is harmless. load() does it itself.
  // Where the options are for the CPU alone, no back end but its own is loaded, and no driver asked.
  static void initialize(const wire::LoadOptions& options);

  // "llama.cpp 0.7.0, ggml 0.27.0"
  [[nodiscard]] static std::string version();

  [[nodiscard]] const wire::ModelCard& card() const override { return card_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(const wire::PromptText& prompt) const override;
  [[nodiscard]] Piece piece(Token token) const override;
  [[nodiscard]] Result<std::unique_ptr<Sampler>> make_sampler(const wire::SamplingParams& params,
                                                              std::span<const Token> prompt,
                                                              bool ignore_eos) override;
  [[nodiscard]] Result<DecodeStatus> decode(std::span<const BatchToken> batch) override;
  [[nodiscard]] bool cuts_anywhere() const override;
  [[nodiscard]] bool remove_from(SlotId slot, std::int32_t from) override;
  [[nodiscard]] bool copy_prefix(SlotId source, SlotId target, std::int32_t n) override;
  [[nodiscard]] std::size_t state_size(SlotId slot) const override;
  [[nodiscard]] SlotState state(SlotId slot) override;
  [[nodiscard]] bool restore(SlotId slot, std::span<const std::uint8_t> state) override;

 private:
  LlamaCppBackend(ModelHandle model, ContextHandle context, wire::ModelCard card);

  [[nodiscard]] Status warm_up();
  [[nodiscard]] Error broken(std::string what) const;
  void note_rows(std::span<const BatchToken> batch);
  [[nodiscard]] bool window_allows(SlotId slot, std::int32_t from) const;
  [[nodiscard]] llama_memory_t memory() const { return llama_get_memory(context_.get()); }

  ModelHandle model_;
  ContextHandle context_;  // after the model: freed before it
  const llama_vocab* vocab_;
  wire::ModelCard card_;
  PromptTokenizer tokenizer_;
  SamplingModel sampling_model_;
  LogitRows rows_;  // of the last decode; what the samplers read

  // The batch in the library's layout: parallel arrays, each token in one sequence.
  struct BatchArrays {
    std::vector<llama_token> token;
    std::vector<llama_pos> position;
    std::vector<std::int32_t> n_seq_id;
    std::vector<llama_seq_id> seq_id;
    std::vector<llama_seq_id*> seq_id_at;
    std::vector<std::int8_t> logits;
  };
  BatchArrays arrays_;
};

}  // namespace minerva::inference
