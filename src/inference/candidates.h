#pragma once
// Operations on the candidates for the next token that several samplers need. Threads: pure.

#include <llama.h>

namespace minerva::inference {

// Sorts by falling logit and sets the probabilities.
void normalize(llama_token_data_array& candidates);

}  // namespace minerva::inference
