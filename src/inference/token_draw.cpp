#include "inference/token_draw.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "inference/candidates.h"

namespace minerva::inference {
namespace {

using Candidates = llama_token_data_array;

std::span<llama_token_data> span_of(const Candidates& candidates) {
  return {candidates.data, candidates.size};
}

// In double precision and without a sort: most draws are these.
const llama_token_data* draw_one(std::span<const llama_token_data> candidates, double unit) {
  if (candidates.empty()) return nullptr;
  const float most = std::ranges::max(candidates, {}, &llama_token_data::logit).logit;
  const auto weight = [most](const llama_token_data& candidate) {
    return std::exp(static_cast<double>(candidate.logit - most));
  };
  double total = 0.0;
  for (const llama_token_data& candidate : candidates) total += weight(candidate);
  double left = unit * total;
  const llama_token_data* last = nullptr;
  for (const llama_token_data& candidate : candidates) {
    const double share = weight(candidate);
    if (!(share > 0.0)) continue;
    last = &candidate;
    left -= share;
    if (left < 0.0) break;
  }
  return last;
}

class PlainDraw final : public TokenDraw {
 public:
  std::optional<wire::Token> draw(Candidates& candidates, double unit) override {
    const llama_token_data* drawn = draw_one(span_of(candidates), unit);
    return drawn != nullptr ? std::optional{drawn->id} : std::nullopt;
  }
};

// Keeps the surprise of the drawn tokens, in bits, near a target.
class MirostatDraw : public TokenDraw {
 public:
  explicit MirostatDraw(const wire::SamplingParams& params)
      : target_{params.mirostat_tau}, rate_{params.mirostat_eta}, most_{2.0F * params.mirostat_tau} {}

  std::optional<wire::Token> draw(Candidates& candidates, double unit) override {
    normalize(candidates);
    if (candidates.size == 0) return std::nullopt;
    cut(candidates);
    normalize(candidates);
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

 protected:
  // Leaves the candidates, which are sorted, that surprise little enough; at least one.
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
    const auto all = span_of(candidates);
    const auto first_out =
        std::ranges::find_if(all, [this](const auto& candidate) { return -std::log2(candidate.p) > most(); });
    candidates.size = std::max<std::size_t>(1, static_cast<std::size_t>(first_out - all.begin()));
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
    double sum_tb = 0.0;
    double sum_tt = 0.0;
    for (std::size_t i = 0; i + 1 < std::min(kEstimatedOn, all.size()); ++i) {
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
    candidates.size = static_cast<std::size_t>(std::clamp(n_kept, 1.0, static_cast<double>(all.size())));
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
    normalize(candidates);
    const auto all = span_of(candidates);
    const float aim = std::clamp(2.0F * target_ - weighted_sum_ / total_weight_, 0.0F, 1.0F);
    for (llama_token_data& candidate : all) {
      const float distance = std::abs(candidate.p - aim) / kWidth;
      candidate.logit = kPeak - kSharpness * distance * distance / (1.0F + distance);
    }
    candidates.sorted = false;
    const llama_token_data* drawn = draw_one(all, unit);
    if (drawn == nullptr) return std::nullopt;
    probability_ = drawn->p;
    pending_ = drawn->id;
    return drawn->id;
  }

  void accept(wire::Token token) override {
    if (pending_ != token) return;
    weighted_sum_ = probability_ + decay_ * weighted_sum_;
    total_weight_ = 1.0F + decay_ * total_weight_;
    pending_.reset();
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
  std::optional<wire::Token> pending_;
};

}  // namespace

std::unique_ptr<TokenDraw> make_draw(const wire::SamplingParams& params, std::int32_t n_vocab) {
  if (params.mirostat == 1) return std::make_unique<MirostatOne>(params, n_vocab);
  if (params.mirostat == 2) return std::make_unique<MirostatTwo>(params);
  if (params.adaptive_target >= 0.0F) return std::make_unique<AdaptiveDraw>(params);
  return std::make_unique<PlainDraw>();
}

}  // namespace minerva::inference
