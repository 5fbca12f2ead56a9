#include "inference/penalties.h"

namespace minerva::inference {

Penalties::Penalties(const wire::SamplingParams& params, std::uint32_t n_context)
    : repeat_{params.repeat_penalty},
      frequency_{params.frequency_penalty},
      presence_{params.presence_penalty},
      n_last_{params.repeat_last_n < 0 ? n_context : static_cast<std::size_t>(params.repeat_last_n)},
      active_{n_last_ > 0 && (repeat_ != 1.0F || frequency_ != 0.0F || presence_ != 0.0F)} {}

void Penalties::accept(wire::Token token) {
  if (!active_) return;
  last_.push_back(token);
  ++counts_[token];
  if (last_.size() <= n_last_) return;
  const auto oldest = counts_.find(last_.front());
  if (--oldest->second == 0) counts_.erase(oldest);
  last_.pop_front();
}

float Penalties::apply(float logit, std::uint32_t count) const {
  const float repeated = logit <= 0.0F ? logit * repeat_ : logit / repeat_;
  return repeated - static_cast<float>(count) * frequency_ - presence_;
}

}  // namespace minerva::inference
