#pragma once
// What is drafted for one sequence. Kept by Speculation; the engine computes `ahead`.
//
// A value of one owner.

#include <optional>
#include <vector>

#include "engine/drafter.h"
#include "engine/hit_rate.h"
#include "wire/types.h"

namespace minerva::engine {

struct SequenceDrafts {
  Drafter lookup;
  std::optional<HitRate> model_rate;  // of the draft model's guesses for this sequence; none before the first

  // Tokens that the next step computes after the sequence's own, and who drafted them.
  std::vector<wire::Token> ahead;
  bool by_model = false;
  bool cut_short = false;  // the draft model was not sure of more
};

}  // namespace minerva::engine
