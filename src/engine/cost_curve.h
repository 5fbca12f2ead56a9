#pragma once
// How long a batch takes by its number of tokens, as the batches that ran have shown. Kernels make this a curve with
// corners (8 tokens may take longer than 9 parts of 8 of what 7 take), so each small size has a mean of its own; larger
// ones share two means an octave.
//
// Pure; a value of one owner. Times in microseconds.

#include <cstdint>
#include <vector>

namespace minerva::engine {

// Means over the batches of like size, the newest weighing most.
struct CostPoint {
  double n_tokens = 0;
  double n_attended = 0;  // earlier tokens that the batch's tokens look at, summed over them
  double us = 0;
  std::uint64_t n_seen = 0;
  std::uint64_t last_seen = 0;  // the count of batches when one agreed with what was known
};

class CostCurve {
 public:
  void learn(std::uint32_t n_tokens, double n_attended, double us);

  // The point of this very size or of the bucket that holds it; null when no such batch ran.
  [[nodiscard]] const CostPoint* at(std::uint32_t n_tokens) const;

  // The nearest points on either side, the one of the size itself counting as both; null where there is none.
  [[nodiscard]] const CostPoint* below(std::uint32_t n_tokens) const;
  [[nodiscard]] const CostPoint* above(std::uint32_t n_tokens) const;

  [[nodiscard]] std::uint64_t n_batches() const { return n_batches_; }

 private:
  std::vector<CostPoint> points_;  // by bucket; n_seen 0 where no batch ran
  std::uint64_t n_batches_ = 0;
};

}  // namespace minerva::engine
