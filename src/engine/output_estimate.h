#pragma once
// How much of what requests may generate they do generate, learnt from those that ended: so that as many are admitted to a
// shared KV memory as will probably fit, not as few as certainly would. A wrong guess costs setting one aside.
//
// Pure; a value of one owner.

#include <cstdint>

namespace minerva::engine {

class OutputEstimate {
 public:
  // A request that was allowed n_allowed tokens came to its own end after n_generated.
  void learn(std::uint32_t n_generated, std::uint32_t n_allowed) {
    if (n_allowed == 0) return;
    part_ += kWeight * (static_cast<double>(n_generated) / n_allowed - part_);
  }

  // Of a request that may generate so many tokens and has generated n_so_far: how many more are expected.
  [[nodiscard]] std::uint32_t n_more(std::uint32_t n_so_far, std::uint32_t n_allowed) const {
    const double expected = part_ * n_allowed;
    const double n_more = expected > n_so_far ? expected - n_so_far : part_ * (n_allowed - n_so_far);
    return static_cast<std::uint32_t>(n_more);
  }

 private:
  static constexpr double kWeight = 1.0 / 16;  // of the last one
  double part_ = 0.5;
};

}  // namespace minerva::engine
