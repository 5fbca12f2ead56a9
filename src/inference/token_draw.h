#pragma once
// The last step of sampling: one of the candidates that the filters left.
//
// Threads: the engine's.

#include <llama.h>

#include <memory>
#include <optional>

#include "wire/types.h"

namespace minerva::inference {

class TokenDraw {
 public:
  virtual ~TokenDraw() = default;

  // The token at `unit` (0 <= unit < 1) of the candidates' probabilities; nothing when no candidate has any. May reorder and
  // change the candidates.
  [[nodiscard]] virtual std::optional<wire::Token> draw(llama_token_data_array& candidates, double unit) = 0;

  // The drawn token is taken: what adapts from token to token does so now.
  virtual void accept(wire::Token /*token*/) {}

  // What it has adapted to, and that taken over from another of its kind; a memory of another size is passed over.
  [[nodiscard]] virtual wire::SamplerMemory memory() const { return {}; }
  virtual void remember(const wire::SamplerMemory& /*memory*/) {}
};

// By probability; or by mirostat (Basu et al., arXiv 2007.14966, version 1 and 2) or adaptive-p (llama.cpp pull request
// 17927) where the parameters ask for them.
[[nodiscard]] std::unique_ptr<TokenDraw> make_draw(const wire::SamplingParams& params, std::int32_t n_vocab);

}  // namespace minerva::inference
