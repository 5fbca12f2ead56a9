#pragma once
// What a step costs on this machine with this model, learnt from the steps that ran: by the number of its tokens, with
// prompts in it and without, and by how much context they attend to.
//
// Pure; a value of one owner.

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/cost_curve.h"

namespace minerva::engine {

struct StepCost {
  std::uint32_t n_decode = 0;    // tokens of running sequences, with those computed ahead
  std::uint32_t n_prefill = 0;   // prompt tokens
  std::uint64_t n_attended = 0;  // earlier tokens that each token looks at, summed over the batch
  std::chrono::microseconds duration{0};
  // Of a step of running sequences alone, for the account of what drafting costs:
  std::uint32_t n_sequences = 0;
  std::uint32_t n_generated = 0;          // tokens that came
  std::chrono::microseconds drafting{0};  // the draft model's time before the step; not in duration
};

class CostModel {
 public:
  using Time = std::chrono::duration<double, std::micro>;

  void learn(const StepCost& step);

  // A step of running sequences alone. Nothing while no such step of this very size ran.
  [[nodiscard]] std::optional<Time> decode(std::uint32_t n_decode, std::uint64_t n_attended) const;

  // The same, and where no step of this size ran, as if each token took as long as one of the nearest smaller that did.
  [[nodiscard]] std::optional<Time> decode_at_most(std::uint32_t n_decode, std::uint64_t n_attended) const;

  // A step with prompts in it. Nothing while none ran.
  [[nodiscard]] std::optional<Time> mixed(std::uint32_t n_decode, std::uint32_t n_prefill,
                                          std::uint64_t n_attended) const;

  // How often a step of this many running sequences alone was measured, and how many other such steps ran since.
  [[nodiscard]] std::uint64_t n_measured(std::uint32_t n_decode) const;
  [[nodiscard]] std::uint64_t age(std::uint32_t n_decode) const;

 private:
  // Microseconds a token attended to, from how the steps of one size differ by their context.
  class AttentionSlope {
   public:
    void learn(const CostPoint& mean, std::uint32_t n_tokens, double n_attended, double us);
    [[nodiscard]] double value() const {
      return variance_ > 0 && covariance_ > 0 ? covariance_ / variance_ : 0;
    }

   private:
    double covariance_ = 0;
    double variance_ = 0;
  };

  [[nodiscard]] Time corrected(double us, double usual_attended, std::uint64_t n_attended) const;

  CostCurve decode_;
  CostCurve mixed_;
  AttentionSlope slope_;
};

}  // namespace minerva::engine
