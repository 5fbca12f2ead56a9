#include "inference/token_draw.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "inference/candidates.h"

namespace minerva::inference {
namespace {

using Candidates = llama_token_data_array;

std::span<llama_token_data> span_of(const Candidates& candidates) {
  return {candidates.data, candidates.size};
}

// Where `place` falls when the candidates' `p`, which are set, stand in a row. Null when all are 0.
const llama_token_data* draw_one(std::span<const llama_token_data> candidates, double place) {
  double left = place;
  const llama_token_data* last = nullptr;
  for (const llama_token_data& candidate : candidates) {
    if (!(candidate.p > 0.0F)) continue;
    last = &candidate;
    left -= static_cast<double>(candidate.p);
    if (left < 0.0) break;
  }
  return last;
}

class PlainDraw final : public TokenDraw {
 public:
  std::optional<wire::Token> draw(Candidates& candidates, double unit) override {
    const double total = set_weights(candidates);
    const llama_token_data* drawn = draw_one(span_of(candidates), unit * total);
    return drawn != nullptr ? std::optional{drawn->id} : std::nullopt;
  }
};

// Keeps the surprise of the drawn tokens, in bits, near a target.
class MirostatDraw : public TokenDraw {
 public:
  explicit MirostatDraw(const wire::SamplingParams& params)
      : target_{params.mirostat_tau}, rate_{params.mirostat_eta}, most_{2.0F * params.mirostat_tau} {}

  std::optional<wire::Token> draw(Candidates& candidates, double unit) override {
    if (candidates.size == 0) return std::nullopt;
    set_probabilities(candidates);
    cut(candidates);
    set_probabilities(candidates);
    const llama_token_data* drawn = draw_one(span_of(candidates), unit);
    if (drawn == nullptr) return std::nullopt;
    surprise_ = -std::log2(std::max(drawn->p, 1e-30F));
    pending_ = drawn->id;
    return drawn->id;
  }

  void accept(wire::Token token) override {
    if (pending_ != token) return;
    most_ -= rate_ * (surprise_ - target_);
    pending_.reset();
  }

  wire::SamplerMemory memory() const override { return {most_}; }
  void remember(const wire::SamplerMemory& memory) override {
    if (memory.size() == 1) most_ = memory.front();
  }

 protected:
  // Leaves the candidates, whose probabilities are set, that surprise little enough; at least one.
  virtual void cut(Candidates& candidates) const = 0;
  [[nodiscard]] float most() const { return most_; }

 private:
  float target_;
  float rate_;
  float most_;  // the paper's mu
  float surprise_ = 0.0F;
  std::optional<wire::Token> pending_;
};

class MirostatTwo final : public MirostatDraw {
 public:
  using MirostatDraw::MirostatDraw;

 private:
  void cut(Candidates& candidates) const override {
    const llama_token_data best = *likeliest(candidates);
    const float least = std::exp2(-most());
    leave_out(candidates,
              [&](const auto& candidate) { return candidate.p < least && candidate.id != best.id; });
  }
};

// Version 1 estimates the exponent of Zipf's law from the likeliest tokens, and from that how many to keep.
class MirostatOne final : public MirostatDraw {
 public:
  MirostatOne(const wire::SamplingParams& params, std::int32_t n_vocab)
      : MirostatDraw{params}, n_vocab_{n_vocab} {}

 private:
  static constexpr std::size_t kEstimatedOn = 100;  // the paper's m

  void cut(Candidates& candidates) const override {
    const auto all = span_of(candidates);
    const auto place = [&](std::size_t n) { return all.begin() + static_cast<std::ptrdiff_t>(n); };
    const std::size_t n_looked_at = std::min(kEstimatedOn, all.size());
    std::ranges::partial_sort(all, place(n_looked_at), std::greater{}, &llama_token_data::logit);
    double sum_tb = 0.0;
    double sum_tt = 0.0;
    for (std::size_t i = 0; i + 1 < n_looked_at; ++i) {
      const double t = std::log(static_cast<double>(i + 2) / static_cast<double>(i + 1));
      const double b = std::log(static_cast<double>(all[i].p) / static_cast<double>(all[i + 1].p));
      sum_tb += t * b;
      sum_tt += t * t;
    }
    if (sum_tt == 0.0 || !std::isfinite(sum_tb)) return;
    const double exponent = sum_tb / sum_tt;
    const double epsilon = exponent - 1.0;
    const double n_kept = std::pow(epsilon * std::pow(2.0, static_cast<double>(most())) /
                                       (1.0 - std::pow(static_cast<double>(n_vocab_), -epsilon)),
                                   1.0 / exponent);
    if (std::isnan(n_kept)) return;
    const auto n = static_cast<std::size_t>(std::clamp(n_kept, 1.0, static_cast<double>(all.size())));
    if (n > n_looked_at && n < all.size())
      std::ranges::nth_element(place(n_looked_at), place(n), all.end(), std::greater{},
                               &llama_token_data::logit);
    candidates.size = n;
    candidates.sorted = false;
  }

  std::int32_t n_vocab_;
};

// Favours tokens near a target probability; the target moves so that the average of those drawn comes to it.
class AdaptiveDraw final : public TokenDraw {
 public:
  explicit AdaptiveDraw(const wire::SamplingParams& params)
      : target_{params.adaptive_target},
        decay_{std::clamp(params.adaptive_decay, 0.0F, 0.99F)},
        weighted_sum_{params.adaptive_target / (1.0F - decay_)},
        total_weight_{1.0F / (1.0F - decay_)} {}

  std::optional<wire::Token> draw(Candidates& candidates, double unit) override {
    set_probabilities(candidates);
    const auto all = span_of(candidates);
    const float aim = std::clamp(2.0F * target_ - weighted_sum_ / total_weight_, 0.0F, 1.0F);
    for (llama_token_data& candidate : all) {
      const float distance = std::abs(candidate.p - aim) / kWidth;
      candidate.logit = kPeak - kSharpness * distance * distance / (1.0F + distance);
    }
    candidates.sorted = false;
    // The average is of the probabilities before the bend.
    before_.clear();
    for (const llama_token_data& candidate : all) before_.push_back(candidate.p);
    set_probabilities(candidates);
    const llama_token_data* drawn = draw_one(all, unit);
    if (drawn == nullptr) return std::nullopt;
    probability_ = before_[static_cast<std::size_t>(drawn - all.data())];
    pending_ = drawn->id;
    return drawn->id;
  }

  void accept(wire::Token token) override {
    if (pending_ != token) return;
    weighted_sum_ = probability_ + decay_ * weighted_sum_;
    total_weight_ = 1.0F + decay_ * total_weight_;
    pending_.reset();
  }

  wire::SamplerMemory memory() const override { return {weighted_sum_, total_weight_}; }
  void remember(const wire::SamplerMemory& memory) override {
    if (memory.size() != 2) return;
    weighted_sum_ = memory[0];
    total_weight_ = memory[1];
  }

 private:
  // The shape of the curve around the target, as in the library (src/llama-sampler.cpp, adaptive-p); a test compares.
  static constexpr float kWidth = 0.3F;
  static constexpr float kPeak = 5.0F;
  static constexpr float kSharpness = 10.0F;

  float target_;
  float decay_;
  float weighted_sum_;
  float total_weight_;
  float probability_ = 0.0F;
  std::vector<float> before_;  // scratch
  std::optional<wire::Token> pending_;
};

}  // namespace

std::unique_ptr<TokenDraw> make_draw(const wire::SamplingParams& params, std::int32_t n_vocab) {
  if (params.mirostat == 1) return std::make_unique<MirostatOne>(params, n_vocab);
  if (params.mirostat == 2) return std::make_unique<MirostatTwo>(params);
  const bool named = params.samplers.empty() || std::ranges::contains(params.samplers, "adaptive_p");
  if (params.adaptive_target >= 0.0F && named) return std::make_unique<AdaptiveDraw>(params);
  return std::make_unique<PlainDraw>();
}

}  // namespace minerva::inference
