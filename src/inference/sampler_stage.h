#pragma once
// The filters between a row of logits and the draw, in the order that a request wants them.
//
// The library's own filters do the work wherever they draw no random number. Those that draw one are ours, so that token
// i depends on (seed, i) and not on how many numbers were drawn before.
//
// Threads: the engine's.

#include <llama.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "inference/sampling_model.h"
#include "wire/types.h"

namespace minerva::inference {

// In the order in which they run unless the request says otherwise (llama-server's).
inline constexpr std::array<std::string_view, 9> kSamplerNames{
    "penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature"};

class SamplerStage {
 public:
  virtual ~SamplerStage() = default;

  // Changes logits or leaves out candidates, at least one of which stays; `index` is the token's in its sequence.
  virtual void apply(llama_token_data_array& candidates, std::uint32_t index) = 0;

  // The token that was chosen, or one of the prompt.
  virtual void accept(wire::Token /*token*/) {}
};

using SamplerStages = std::vector<std::unique_ptr<SamplerStage>>;

// The stages that these parameters turn on. A name that is not in kSamplerNames is passed over: parameters are checked
// before. Greedy ones leave only what can change which logit is the largest; mirostat replaces all but the temperature.
[[nodiscard]] SamplerStages make_stages(const wire::SamplingParams& params, const SamplingModel& model);

}  // namespace minerva::inference
