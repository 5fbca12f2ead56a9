#pragma once
// A GBNF grammar that the generated tokens have to follow, on the library's own engine: from the first token on, or, as a
// lazy one, from the place at which a trigger shows. Until then it allows everything and costs nothing but looking for it.
//
// Threads: one at a time, any. The vocabulary must outlive it.

#include <llama.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "inference/grammar_start.h"
#include "inference/llama_handles.h"
#include "wire/types.h"

namespace minerva::inference {

class Grammar {
 public:
  // kInvalidRequest naming `grammar` when the library cannot read it; the start symbol is "root".
  [[nodiscard]] static Result<Grammar> make(const llama_vocab* vocab, const std::string& gbnf);

  // As GrammarStart::make() besides.
  [[nodiscard]] static Result<Grammar> make_lazy(const llama_vocab* vocab, const std::string& gbnf,
                                                 const std::vector<wire::GrammarTrigger>& triggers);

  [[nodiscard]] bool allows(wire::Token token);

  // Minus infinity for every candidate that may not come next.
  void filter(llama_token_data_array& candidates);

  // kSamplingFailed when the token was not allowed, or the text that triggers the grammar is no beginning that it allows.
  [[nodiscard]] Status accept(wire::Token token);

 private:
  Grammar(const llama_vocab* vocab, SamplerHandle sampler) : vocab_{vocab}, sampler_{std::move(sampler)} {}

  [[nodiscard]] Status begin(const GrammarStart::Found& found);
  [[nodiscard]] Status take(wire::Token token);

  const llama_vocab* vocab_;
  SamplerHandle sampler_;
  std::string gbnf_;                   // while it waits
  std::optional<GrammarStart> start_;  // while it waits
};

}  // namespace minerva::inference
