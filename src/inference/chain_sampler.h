#pragma once
// From a row of logits to a token: bias, the filters that the request turns on in its order, the grammar, and a draw that
// depends on (seed, index) alone.
//
// Threads: the engine's. The scratch is shared by all samplers of a backend.

#include <llama.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "inference/grammar.h"
#include "inference/inference_backend.h"
#include "inference/sampler_stage.h"
#include "inference/sampling_model.h"
#include "inference/token_draw.h"

namespace minerva::inference {

// The index of the largest value, the first of equals; -1 when the row holds a NaN or nothing finite.
[[nodiscard]] std::int32_t argmax(std::span<const float> logits);

// A sampler without its source of logits: what ChainSampler does with one row.
class SamplerChain {
 public:
  using Scratch = std::vector<llama_token_data>;

  // kInvalidRequest with the field's name for parameters outside their range.
  [[nodiscard]] static Result<SamplerChain> make(const wire::SamplingParams& params,
                                                 const SamplingModel& model, bool ignore_eos);

  // A token of the prompt: penalties and DRY look back on it, the grammar does not see it.
  void accept_prompt(Token token);
  // A token that was chosen. kSamplingFailed when the grammar does not allow it.
  [[nodiscard]] Status accept(Token token);

  // kSamplingFailed when the row holds a NaN or leaves nothing to choose from.
  [[nodiscard]] Result<Token> choose(std::span<const float> logits, std::uint32_t index, Scratch& scratch);

 private:
  SamplerChain(const wire::SamplingParams& params, const SamplingModel& model, bool ignore_eos,
               std::optional<Grammar> grammar);

  [[nodiscard]] std::optional<Token> likeliest(std::span<const float> logits) const;
  [[nodiscard]] Status fill(std::span<const float> logits, Scratch& scratch) const;
  [[nodiscard]] Result<Token> choose_from(Scratch& scratch, std::uint32_t index);

  SamplerStages stages_;
  std::unique_ptr<TokenDraw> draw_;  // null: greedy
  std::optional<Grammar> grammar_;
  std::vector<wire::LogitBias> biases_;  // by token, one each
  std::uint64_t seed_;
};

class ChainSampler final : public Sampler {
 public:
  // `context` and `scratch` must outlive it. `n_probs` as SamplingParams says.
  ChainSampler(SamplerChain chain, llama_context* context, std::int32_t n_vocab, std::int32_t n_probs,
               SamplerChain::Scratch& scratch);

  [[nodiscard]] Result<Sampled> sample(std::int32_t batch_index, std::uint32_t n_generated) override;

 private:
  SamplerChain chain_;
  llama_context* context_;
  std::size_t n_vocab_;
  std::int32_t n_probs_;
  SamplerChain::Scratch& scratch_;
};

}  // namespace minerva::inference
