#pragma once
// The seam between the step loop and a smaller model that guesses how the served model's sequences go on. It keeps KV of
// its own for as many sequences as run at once, and follows each as far as it is asked to: what it has of a slot's last
// sequence, or of another slot's, it keeps; what differs it forgets.
//
// Threads: the engine's. The real one is GreedyDraftModel.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "inference/inference_backend.h"

namespace minerva::inference {

class DraftModel {
 public:
  // A sequence of the served model as far as it goes, and the slot that it has there.
  struct Followed {
    SlotId slot{};
    std::span<const Token> tokens;  // not empty
    std::uint32_t space = 0;        // sequences of different spaces share nothing
    bool ignores_end = false;       // it goes on where it might end
  };

  virtual ~DraftModel() = default;

  [[nodiscard]] virtual const wire::ModelCard& card() const = 0;

  // Tokens it has to compute before it knows what it would say next: at least one. Nothing when it cannot say: the sequence
  // is too long for it, or has a token that it does not know.
  [[nodiscard]] virtual std::optional<std::uint32_t> n_behind(const Followed& sequence) const = 0;

  // Computes up to `n` of the tokens that it is behind, but the last. After an error it has forgotten the slot, and
  // may be asked again.
  [[nodiscard]] virtual Status catch_up(const Followed& sequence, std::uint32_t n) = 0;

  // What it would say after each of these (which it can follow), in ascending order of their slots: for all the same number of
  // tokens, at most `n` <= wire::kMostDrafted, fewer when it is not sure enough of any. Errors as above, for all slots.
  [[nodiscard]] virtual Result<std::vector<std::vector<Token>>> draft(std::span<const Followed> sequences,
                                                                      std::uint32_t n) = 0;
};

// Says in the served model's card what its draft model is, and what it takes.
void add_draft(wire::ModelCard& card, const wire::ModelCard& draft);

}  // namespace minerva::inference
