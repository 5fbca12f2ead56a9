#pragma once
// Repetition, frequency and presence penalties over the last tokens, applied to the few logits they touch. The formulas
// are llama.cpp's (its "penalties" sampler): repetition divides a positive logit and multiplies a negative one (Keskar et
// al., "CTRL", 2019), frequency and presence subtract (OpenAI's API reference). Threads: a value of one owner.

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "wire/types.h"

namespace minerva::inference {

class Penalties {
 public:
  // `n_context` is what repeat_last_n < 0 stands for.
  Penalties(const wire::SamplingParams& params, std::uint32_t n_context);

  [[nodiscard]] bool active() const { return active_; }
  void accept(wire::Token token);

  // The logit of a token that occurred `count` times.
  [[nodiscard]] float apply(float logit, std::uint32_t count) const;
  // How often each of the last tokens occurred.
  [[nodiscard]] const std::unordered_map<wire::Token, std::uint32_t>& counts() const { return counts_; }

 private:
  float repeat_;
  float frequency_;
  float presence_;
  std::size_t n_last_;
  bool active_;
  std::deque<wire::Token> last_;
  std::unordered_map<wire::Token, std::uint32_t> counts_;
};

}  // namespace minerva::inference
