#include "inference/sampler_stage.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string>

#include "inference/candidates.h"
#include "inference/counter_random.h"
#include "inference/llama_handles.h"
#include "inference/penalties.h"

namespace minerva::inference {
namespace {

constexpr std::uint32_t kXtcStream = 1;

class LibraryStage : public SamplerStage {
 public:
  explicit LibraryStage(llama_sampler* sampler) : sampler_{sampler} {}

  void apply(llama_token_data_array& candidates, std::uint32_t /*index*/) override {
    llama_sampler_apply(sampler_.get(), &candidates);
  }
  void accept(wire::Token token) override { llama_sampler_accept(sampler_.get(), token); }

 private:
  SamplerHandle sampler_;
};

class TopKStage final : public LibraryStage {
 public:
  explicit TopKStage(std::int32_t k)
      : LibraryStage{llama_sampler_init_top_k(k)}, k_{static_cast<std::size_t>(k)} {}

  [[nodiscard]] std::size_t n_highest() const override { return k_; }

 private:
  std::size_t k_;
};

// A filter of candidates.h.
template <typename Keep>
class KeepStage final : public SamplerStage {
 public:
  explicit KeepStage(Keep keep) : keep_{keep} {}

  void apply(llama_token_data_array& candidates, std::uint32_t /*index*/) override { keep_(candidates); }

 private:
  Keep keep_;
};

class PenaltiesStage final : public SamplerStage {
 public:
  explicit PenaltiesStage(Penalties penalties) : penalties_{std::move(penalties)} {}

  void apply(llama_token_data_array& candidates, std::uint32_t /*index*/) override {
    const std::span all{candidates.data, candidates.size};
    for (const auto& [token, count] : penalties_.counts()) {
      if (llama_token_data* candidate = find(all, token))
        candidate->logit = penalties_.apply(candidate->logit, count);
    }
    candidates.sorted = false;
  }
  void accept(wire::Token token) override { penalties_.accept(token); }

  [[nodiscard]] bool works_on_row() const override { return true; }
  void apply_to_row(std::span<float> logits) override {
    for (const auto& [token, count] : penalties_.counts()) {
      float& logit = logits[static_cast<std::size_t>(token)];
      logit = penalties_.apply(logit, count);
    }
  }

 private:
  // Before any filter the candidates are the vocabulary in order.
  static llama_token_data* find(std::span<llama_token_data> all, wire::Token token) {
    const auto index = static_cast<std::size_t>(token);
    if (index < all.size() && all[index].id == token) return &all[index];
    const auto it = std::ranges::find(all, token, &llama_token_data::id);
    return it != all.end() ? &*it : nullptr;
  }

  Penalties penalties_;
};

// "Exclude top choices" (p-e-w, text-generation-webui pull request 6335): with the given probability, all candidates that
// reach the threshold are left out except the least likely of them.
class XtcStage final : public SamplerStage {
 public:
  explicit XtcStage(const wire::SamplingParams& params)
      : probability_{params.xtc_probability},
        threshold_{params.xtc_threshold},
        min_keep_{params.min_keep},
        seed_{params.seed} {}

  void apply(llama_token_data_array& candidates, std::uint32_t index) override {
    if (candidates.size < 2 || random_unit(seed_, index, kXtcStream) > probability_) return;
    set_probabilities(candidates);
    const llama_token_data* last = nullptr;  // the least likely one that reaches the threshold
    std::size_t n_reaching = 0;
    for (const llama_token_data& candidate : std::span{candidates.data, candidates.size}) {
      if (candidate.p < threshold_) continue;
      ++n_reaching;
      if (last == nullptr || candidate.p < last->p) last = &candidate;
    }
    if (n_reaching < 2 || candidates.size - (n_reaching - 1) < min_keep_) return;
    const wire::Token kept = last->id;
    leave_out(candidates,
              [&](const auto& candidate) { return candidate.p >= threshold_ && candidate.id != kept; });
  }

 private:
  float probability_;
  float threshold_;
  std::size_t min_keep_;
  std::uint64_t seed_;
};

llama_sampler* make_dry(const wire::SamplingParams& params, const SamplingModel& model) {
  std::vector<const char*> breakers;
  for (const std::string& text : params.dry_sequence_breakers) breakers.push_back(text.c_str());
  const auto n_context = static_cast<std::int32_t>(model.n_context);
  const std::int32_t n_last = params.dry_penalty_last_n < 0 ? n_context : params.dry_penalty_last_n;
  return llama_sampler_init_dry(model.vocab, params.dry_multiplier, params.dry_base,
                                params.dry_allowed_length, n_last, breakers.data(), breakers.size());
}

class Builder {
 public:
  Builder(const wire::SamplingParams& params, const SamplingModel& model) : params_{params}, model_{model} {}

  void add(std::string_view name) {
    const auto& p = params_;
    const std::size_t keep = std::max(1U, p.min_keep);
    if (name == "penalties") add_penalties();
    if (name == "dry" && p.dry_multiplier > 0.0F && model_.vocab != nullptr) library(make_dry(p, model_));
    if (name == "top_n_sigma" && p.top_n_sigma > 0.0F) {
      filter([n = p.top_n_sigma](auto& candidates) { keep_within_sigma(candidates, n); });
    }
    if (name == "top_k" && p.top_k > 0) stages_.push_back(std::make_unique<TopKStage>(p.top_k));
    if (name == "typ_p" && p.typical_p < 1.0F) {
      filter([mass = p.typical_p, keep](auto& candidates) { keep_most_typical(candidates, mass, keep); });
    }
    if (name == "top_p" && p.top_p < 1.0F) {
      filter([mass = p.top_p, keep](auto& candidates) { keep_likeliest(candidates, mass, keep); });
    }
    if (name == "min_p" && p.min_p > 0.0F) library(llama_sampler_init_min_p(p.min_p, keep));
    if (name == "xtc" && p.xtc_probability > 0.0F && p.xtc_threshold <= 0.5F) {
      stages_.push_back(std::make_unique<XtcStage>(p));
    }
    if (name == "infill" && model_.vocab != nullptr) library(llama_sampler_init_infill(model_.vocab));
    if (name == "temperature") {
      library(llama_sampler_init_temp_ext(p.temperature, p.dynatemp_range, p.dynatemp_exponent));
    }
  }

  [[nodiscard]] SamplerStages take() { return std::move(stages_); }

 private:
  void library(llama_sampler* sampler) { stages_.push_back(std::make_unique<LibraryStage>(sampler)); }

  template <typename Keep>
  void filter(Keep keep) {
    stages_.push_back(std::make_unique<KeepStage<Keep>>(keep));
  }

  void add_penalties() {
    Penalties penalties{params_, model_.n_context};
    if (penalties.active()) stages_.push_back(std::make_unique<PenaltiesStage>(std::move(penalties)));
  }

  const wire::SamplingParams& params_;
  const SamplingModel& model_;
  SamplerStages stages_;
};

}  // namespace

SamplerStages make_stages(const wire::SamplingParams& params, const SamplingModel& model) {
  const auto build = [&](const auto& names) {
    Builder builder{params, model};
    for (const auto& name : names) builder.add(name);
    return builder.take();
  };
  if (params.mirostat > 0) return build(std::array{"temperature"});
  if (params.temperature <= 0.0F) return build(std::array{"penalties", "dry"});
  return params.samplers.empty() ? build(kSamplerNames) : build(params.samplers);
}

}  // namespace minerva::inference
