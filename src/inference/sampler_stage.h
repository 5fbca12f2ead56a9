#pragma once
// The filters between a row of logits and the draw, in the order that a request wants them.
//
// The library's own filters do the work where they can. Ours are those that draw a random number, so that token i depends on
// (seed, i) and not on how many numbers were drawn before; and those for which the library sorts the whole vocabulary,
// milliseconds a token: ours leave the same candidates without.
//
// Threads: one at a time, any.

#include <llama.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "inference/sampling_model.h"
#include "wire/types.h"

namespace minerva::inference {

// In the order in which they run unless the request says otherwise (llama-server's).
inline constexpr std::array<std::string_view, 9> kSamplerNames{
    "penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature"};

// Those that run only where the request names them. "adaptive_p" is no filter but the way to draw, and so the last of all,
// wherever it stands.
inline constexpr std::array<std::string_view, 2> kNamedSamplers{"infill", "adaptive_p"};

// "infill" compares each candidate with each other one: a top_k of at most so many has to come before it.
inline constexpr std::int32_t kMostInfillCandidates = 1000;

class SamplerStage {
 public:
  virtual ~SamplerStage() = default;

  // Changes logits or leaves out candidates, at least one of which stays; `index` is the token's in its sequence.
  virtual void apply(llama_token_data_array& candidates, std::uint32_t index) = 0;

  // The token that was chosen, or one of the prompt.
  virtual void accept(wire::Token /*token*/) {}

  // Shortcuts for a stage to which nothing but such a stage comes first: over the row of logits, without candidates.
  // Whether apply_to_row() does all of its work, and that; the index is the token.
  [[nodiscard]] virtual bool works_on_row() const { return false; }
  virtual void apply_to_row(std::span<float> /*logits*/) {}
  // What it leaves when > 0: so many of the highest logits.
  [[nodiscard]] virtual std::size_t n_highest() const { return 0; }
};

using SamplerStages = std::vector<std::unique_ptr<SamplerStage>>;

// The stages that these parameters turn on. A name that is no stage's is passed over: parameters are checked before. Greedy ones leave only what can change which logit is the largest; mirostat replaces all but the temperature.
[[nodiscard]] SamplerStages make_stages(const wire::SamplingParams& params, const SamplingModel& model);

}  // namespace minerva::inference
