#include "worker/prompt_memo.h"

#include <utility>

namespace minerva::worker {

const PromptMemo::Tokens& PromptMemo::tokens_of(
    wire::PromptText prompt, const std::function<Tokens(const wire::PromptText&)>& tokenize) {
  const bool is_same = tokens_ && prompt.text == prompt_.text && prompt.spans == prompt_.spans;
  if (!is_same) {
    prompt_ = std::move(prompt);
    tokens_ = tokenize(prompt_);
  }
  return *tokens_;
}

}  // namespace minerva::worker
