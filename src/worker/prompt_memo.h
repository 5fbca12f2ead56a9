#pragma once
// The last prompt and its tokens. The choices of one request bring the same prompt one after the other, and a long one
// takes the tokenizer as long as a step takes.
//
// Threads: the reader's.

#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "wire/types.h"

namespace minerva::worker {

class PromptMemo {
 public:
  using Tokens = Result<std::vector<wire::Token>>;

  // What `tokenize` gives for the prompt; it is not asked again for the prompt that it gave last.
  [[nodiscard]] const Tokens& tokens_of(wire::PromptText prompt,
                                        const std::function<Tokens(const wire::PromptText&)>& tokenize);

 private:
  wire::PromptText prompt_;
  std::optional<Tokens> tokens_;  // none before the first prompt
};

}  // namespace minerva::worker
