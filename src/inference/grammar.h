#pragma once
// A GBNF grammar that the generated tokens have to follow, on the library's own engine.
//
// Threads: the engine's. The vocabulary must outlive it.

#include <llama.h>

#include <string>

#include "base/error.h"
#include "inference/llama_handles.h"
#include "wire/types.h"

namespace minerva::inference {

class Grammar {
 public:
  // kInvalidRequest naming `grammar` when the library cannot read it; the start symbol is "root".
  [[nodiscard]] static Result<Grammar> make(const llama_vocab* vocab, const std::string& gbnf);

  [[nodiscard]] bool allows(wire::Token token);

  // Minus infinity for every candidate that may not come next.
  void filter(llama_token_data_array& candidates);

  // kSamplingFailed when the token was not allowed.
  [[nodiscard]] Status accept(wire::Token token);

 private:
  explicit Grammar(SamplerHandle sampler) : sampler_{std::move(sampler)} {}

  SamplerHandle sampler_;
};

}  // namespace minerva::inference
