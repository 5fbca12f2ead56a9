#pragma once
// Operations on the candidates for the next token. None of them sorts: the candidates may be a whole vocabulary, and what a
// filter leaves does not depend on their order.
//
// Threads: pure.

#include <llama.h>

#include <cstddef>

namespace minerva::inference {

// Sets the probabilities; the candidates stay as they are.
void set_probabilities(llama_token_data_array& candidates);

// Sets each `p` to the probability times one number, the same for all, and gives their sum: one pass less.
[[nodiscard]] double set_weights(llama_token_data_array& candidates);

// The candidate with the highest logit, of equals the first; null when there is none.
[[nodiscard]] const llama_token_data* likeliest(const llama_token_data_array& candidates);

// Leaves out the candidates for which `out` says so, be it all; the others keep their order.
template <typename Out>
void leave_out(llama_token_data_array& candidates, Out out) {
  std::size_t n_kept = 0;
  for (std::size_t i = 0; i < candidates.size; ++i) {
    // Without a branch: which of them stay cannot be foreseen.
    const bool stays = !out(candidates.data[i]);
    candidates.data[n_kept] = candidates.data[i];
    n_kept += stays ? 1 : 0;
  }
  candidates.size = n_kept;
}

// Leaves the fewest of the likeliest candidates that have `mass` of the probability together, at least `n_least`
// (Holtzman et al., "The Curious Case of Neural Text Degeneration", arXiv 1904.09751). Sets the probabilities that all had.
void keep_likeliest(llama_token_data_array& candidates, float mass, std::size_t n_least);

// The same of those whose surprise is nearest to the expected one (Meister et al., "Locally Typical Sampling", arXiv
// 2202.00666).
void keep_most_typical(llama_token_data_array& candidates, float mass, std::size_t n_least);

// Leaves the candidates whose logit is at most `n_sigma` standard deviations of all below the highest ("Top-nσ: Not All
// Logits Are You Need", arXiv 2411.07641).
void keep_within_sigma(llama_token_data_array& candidates, float n_sigma);

}  // namespace minerva::inference
