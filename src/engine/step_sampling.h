#pragma once
// The tokens that one step gives: each sequence's sampler on its own row or rows of logits, several sequences at once.
//
// Threads: the engine's calls everything; the samplers run on it and on the pool's threads. Sampler says what they may meet.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/sample_pool.h"
#include "inference/inference_backend.h"

namespace minerva::engine {

class StepSampling {
 public:
  StepSampling(const inference::InferenceBackend& backend, std::unique_ptr<SamplePool> pool)
      : backend_{backend}, pool_{std::move(pool)} {}

  // One sequence's part in the step: its row at `batch_index`, and after it one for each token of `drafted`, which was
  // computed ahead: it is sampled as long as the token before it came out as drafted.
  struct Wanted {
    inference::Sampler* sampler = nullptr;
    std::int32_t batch_index = 0;
    std::uint32_t n_generated = 0;
    std::span<const inference::Token> drafted{};
  };

  // What is wanted must stay as it is until all of it was taken. Nothing of an earlier start is left to take.
  void start(std::vector<Wanted> wanted);

  // What the `i`-th of them gave, in order; the last may be an error. Waits for it, not for the others.
  [[nodiscard]] std::vector<Result<inference::Sampled>> take(std::size_t i);

 private:
  void sample(std::size_t i);

  const inference::InferenceBackend& backend_;
  std::vector<Wanted> wanted_;
  std::vector<std::vector<Result<inference::Sampled>>> outcomes_;
  std::unique_ptr<SamplePool> pool_;  // last: its threads end before what they use
};

}  // namespace minerva::engine
