#pragma once
// From a row of logits to a token: bias, the filters that the request turns on in its order, the grammar, and a draw that
// depends on (seed, index) alone.
//
// Threads: one at a time, any. Scratch is one thread's, for whatever chains that thread runs.

#include <llama.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "inference/grammar.h"
#include "inference/inference_backend.h"
#include "inference/logit_row.h"
#include "inference/sampler_stage.h"
#include "inference/sampling_model.h"
#include "inference/token_draw.h"

namespace minerva::inference {

// A sampler without its source of logits: what ChainSampler does with one row.
class SamplerChain {
 public:
  struct Scratch {
    std::vector<float> row;
    std::vector<llama_token_data> top;  // a few, or
    std::vector<llama_token_data> all;  // the vocabulary
  };

  // kInvalidRequest with the field's name for parameters outside their range.
  [[nodiscard]] static Result<SamplerChain> make(const wire::SamplingParams& params,
                                                 const SamplingModel& model, bool ignore_eos);

  // A token of the prompt: penalties and DRY look back on it, the grammar does not see it.
  void accept_prompt(Token token);
  // A token that was chosen. kSamplingFailed when the grammar does not allow it.
  [[nodiscard]] Status accept(Token token);

  // What accept() does not tell of the tokens before, and that taken over from another chain of these parameters.
  [[nodiscard]] wire::SamplerMemory memory() const;
  void remember(const wire::SamplerMemory& memory);

  // kSamplingFailed when the row holds a NaN or leaves nothing to choose from.
  [[nodiscard]] Result<Token> choose(std::span<const float> logits, std::uint32_t index, Scratch& scratch);

 private:
  SamplerChain(const wire::SamplingParams& params, const SamplingModel& model, bool ignore_eos,
               std::optional<Grammar> grammar);

  [[nodiscard]] Result<Token> choose_freely(std::span<const float> logits, std::uint32_t index,
                                            Scratch& scratch);
  [[nodiscard]] Result<Token> choose_by_grammar(std::span<const float> logits, std::uint32_t index,
                                                Scratch& scratch);
  [[nodiscard]] std::span<const float> biased(std::span<const float> logits, std::size_t n_on_row,
                                              Scratch& scratch);
  [[nodiscard]] Result<Token> choose_from(llama_token_data_array candidates, std::size_t n_done,
                                          std::uint32_t index);
  [[nodiscard]] Result<Token> end_of_grammar();

  SamplerStages stages_;
  std::unique_ptr<TokenDraw> draw_;  // null: greedy
  std::optional<Grammar> grammar_;
  std::vector<wire::LogitBias> biases_;  // by token, one each
  std::vector<Token> end_tokens_;
  std::uint64_t seed_;
};

// The rows of the last decode, by the index of the batch's entry; null where no logits were asked for.
using LogitRows = std::vector<const float*>;

class ChainSampler final : public Sampler {
 public:
  // `rows` must outlive it. `n_probs` as SamplingParams says.
  ChainSampler(SamplerChain chain, const LogitRows& rows, std::int32_t n_vocab, std::int32_t n_probs);

  [[nodiscard]] Result<Sampled> sample(std::int32_t batch_index, std::uint32_t n_generated) override;
  [[nodiscard]] Status go_on(std::span<const Token> generated, const wire::SamplerMemory& memory) override;

 private:
  SamplerChain chain_;
  const LogitRows& rows_;
  std::size_t n_vocab_;
  std::int32_t n_probs_;
};

}  // namespace minerva::inference
