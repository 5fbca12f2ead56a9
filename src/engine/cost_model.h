#pragma once
// What a step costs on this machine with this model, learnt from the steps that ran.
//
// A step of n prompt tokens beside running sequences is taken to last  decode + n · per_token. Both figures are moving
// averages, so they follow the machine's load and the growing contexts. Pure; a value of one owner.

#include <chrono>
#include <cstdint>
#include <optional>

namespace minerva::engine {

struct StepCost {
  std::uint32_t n_decode = 0;   // tokens of running sequences
  std::uint32_t n_prefill = 0;  // prompt tokens
  std::chrono::microseconds duration{0};
};

class CostModel {
 public:
  void learn(const StepCost& step);

  // Prompt tokens that fit into a step of this length beside `n_decode` running sequences; nothing while unknown.
  [[nodiscard]] std::optional<std::uint32_t> prefill_within(std::chrono::microseconds limit,
                                                            std::uint32_t n_decode) const;

 private:
  std::optional<double> decode_us_;   // a step of running sequences alone
  std::optional<double> prefill_us_;  // one prompt token
};

}  // namespace minerva::engine
