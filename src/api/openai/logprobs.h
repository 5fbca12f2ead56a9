#pragma once
// The log probabilities of an answer's tokens as OpenAI's clients read them. Threads: pure.

#include <vector>

#include "api/json_text.h"
#include "wire/types.h"

namespace minerva::api::openai {

// {"content": [{"token", "logprob", "bytes", "top_logprobs"}, …], "refusal": null}; null for none. A token that begins or
// ends inside a code point shows U+FFFD there; its bytes are exact.
[[nodiscard]] Json logprobs_json(const std::vector<wire::TokenProbabilities>& probabilities);

}  // namespace minerva::api::openai
