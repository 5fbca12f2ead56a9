#include "engine/step_sampling.h"

#include <utility>

namespace minerva::engine {

void StepSampling::start(std::vector<Wanted> wanted) {
  wanted_ = std::move(wanted);
  outcomes_.assign(wanted_.size(), {});
  pool_->start(wanted_.size(), [this](std::size_t i) { sample(i); });
}

std::vector<Result<inference::Sampled>> StepSampling::take(std::size_t i) {
  pool_->await(i);
  return std::move(outcomes_[i]);
}

void StepSampling::sample(std::size_t i) {
  const Wanted& wanted = wanted_[i];
  auto& outcome = outcomes_[i];
  for (std::uint32_t n = 0; n <= wanted.drafted.size(); ++n) {
    outcome.push_back(
        wanted.sampler->sample(wanted.batch_index + static_cast<std::int32_t>(n), wanted.n_generated + n));
    if (!outcome.back() || n == wanted.drafted.size()) return;
    const inference::Token token = outcome.back()->token;
    if (token != wanted.drafted[n] || backend_.piece(token).ends_generation) return;
  }
}

}  // namespace minerva::engine
