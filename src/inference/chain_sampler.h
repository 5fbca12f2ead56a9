#pragma once
// From a row of logits to a token: bias, penalties, the library's filters in llama-server's order (top-k, typical, top-p,
// min-p, temperature), and a draw of our own that depends on (seed, index) alone.
//
// Threads: the engine's. The scratch is shared by all samplers of a backend.

#include <llama.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "inference/inference_backend.h"
#include "inference/llama_handles.h"
#include "inference/penalties.h"

namespace minerva::inference {

// The index of the largest value, the first of equals; -1 when the row holds a NaN or nothing finite.
[[nodiscard]] std::int32_t argmax(std::span<const float> logits);

// What a sampler needs to know of the model it samples from.
struct SamplingModel {
  std::int32_t n_vocab = 0;
  std::uint32_t n_context = 0;
  std::vector<Token> end_tokens{};         // banned when the end is to be ignored
  std::vector<Token> suppressed_tokens{};  // that the model says must never come
};

// A sampler without its source of logits: what ChainSampler does with one row.
class SamplerChain {
 public:
  using Scratch = std::vector<llama_token_data>;

  // kInvalidRequest with the field's name for parameters outside their range.
  [[nodiscard]] static Result<SamplerChain> make(const wire::SamplingParams& params,
                                                 const SamplingModel& model, bool ignore_eos);

  void accept(Token token) { penalties_.accept(token); }

  // kSamplingFailed when the row holds a NaN or leaves nothing to choose from.
  [[nodiscard]] Result<Token> choose(std::span<const float> logits, std::uint32_t index,
                                     Scratch& scratch) const;

 private:
  SamplerChain(const wire::SamplingParams& params, const SamplingModel& model, bool ignore_eos);

  [[nodiscard]] Status fill(std::span<const float> logits, Scratch& scratch) const;
  [[nodiscard]] Result<Token> draw(std::span<const llama_token_data> candidates, std::uint32_t index) const;

  Penalties penalties_;
  std::vector<wire::LogitBias> biases_;
  SamplerHandle filters_;  // null: greedy
  std::uint64_t seed_;
};

class ChainSampler final : public Sampler {
 public:
  // `context` and `scratch` must outlive it.
  ChainSampler(SamplerChain chain, llama_context* context, std::int32_t n_vocab,
               SamplerChain::Scratch& scratch);

  [[nodiscard]] Result<Token> sample(std::int32_t batch_index, std::uint32_t n_generated) override;

 private:
  SamplerChain chain_;
  llama_context* context_;
  std::size_t n_vocab_;
  SamplerChain::Scratch& scratch_;
};

}  // namespace minerva::inference
