#include "inference/chain_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "inference/counter_random.h"

namespace minerva::inference {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::unexpected<Error> bad_row() {
  return fail(ErrorCode::kSamplingFailed,
              "the model's output is not a number: the weights are damaged, or the device computes wrongly");
}

Status check(const wire::SamplingParams& params, std::int32_t n_vocab) {
  const auto refuse = [](std::string message, std::string field) {
    return fail(ErrorCode::kInvalidRequest, std::move(message), std::move(field));
  };
  const auto in_unit = [](float value) { return value >= 0.0F && value <= 1.0F; };
  if (!std::isfinite(params.temperature)) return refuse("temperature must be a finite number", "temperature");
  if (!in_unit(params.top_p)) return refuse("top_p must be between 0 and 1", "top_p");
  if (!in_unit(params.min_p)) return refuse("min_p must be between 0 and 1", "min_p");
  if (!in_unit(params.typical_p)) return refuse("typical_p must be between 0 and 1", "typical_p");
  if (!std::isfinite(params.repeat_penalty) || params.repeat_penalty <= 0.0F) {
    return refuse("repeat_penalty must be above 0", "repeat_penalty");
  }
  if (!std::isfinite(params.frequency_penalty))
    return refuse("frequency_penalty must be finite", "frequency_penalty");
  if (!std::isfinite(params.presence_penalty))
    return refuse("presence_penalty must be finite", "presence_penalty");
  for (const auto& [token, bias] : params.logit_bias) {
    if (token < 0 || token >= n_vocab) {
      return refuse(fmt::format("logit_bias names token {}, the vocabulary has 0 to {}", token, n_vocab - 1),
                    "logit_bias");
    }
    if (std::isnan(bias)) return refuse("a logit_bias must be a number", "logit_bias");
  }
  return {};
}

SamplerHandle make_filters(const wire::SamplingParams& params) {
  if (params.temperature <= 0.0F) return nullptr;
  SamplerHandle chain{llama_sampler_chain_init({.no_perf = true})};
  const auto add = [&](llama_sampler* sampler) { llama_sampler_chain_add(chain.get(), sampler); };
  if (params.top_k > 0) add(llama_sampler_init_top_k(params.top_k));
  if (params.typical_p < 1.0F) add(llama_sampler_init_typical(params.typical_p, 1));
  if (params.top_p < 1.0F) add(llama_sampler_init_top_p(params.top_p, 1));
  if (params.min_p > 0.0F) add(llama_sampler_init_min_p(params.min_p, 1));
  add(llama_sampler_init_temp(params.temperature));
  return chain;
}

}  // namespace

std::int32_t argmax(std::span<const float> logits) {
  // One pass the compiler can vectorize; a sum is NaN when any part is, and the infinities are looked at afterwards.
  float most = kNever;
  float poison = 0.0F;
  for (const float logit : logits) {
    most = logit > most ? logit : most;
    poison += logit * 0.0F == 0.0F || logit == kNever ? 0.0F : 1.0F;
  }
  if (poison != 0.0F || !std::isfinite(most)) return -1;
  return static_cast<std::int32_t>(std::ranges::find(logits, most) - logits.begin());
}

SamplerChain::SamplerChain(const wire::SamplingParams& params, const SamplingModel& model, bool ignore_eos)
    : penalties_{params, model.n_context},
      biases_{params.logit_bias},
      filters_{make_filters(params)},
      seed_{params.seed} {
  for (const Token token : model.suppressed_tokens) biases_.push_back({.token = token, .bias = kNever});
  if (!ignore_eos) return;
  for (const Token token : model.end_tokens) biases_.push_back({.token = token, .bias = kNever});
}

Result<SamplerChain> SamplerChain::make(const wire::SamplingParams& params, const SamplingModel& model,
                                        bool ignore_eos) {
  if (const Status valid = check(params, model.n_vocab); !valid) return std::unexpected(valid.error());
  return SamplerChain{params, model, ignore_eos};
}

Result<Token> SamplerChain::choose(std::span<const float> logits, std::uint32_t index,
                                   Scratch& scratch) const {
  if (!filters_ && biases_.empty() && !penalties_.active()) {
    const std::int32_t best = argmax(logits);
    if (best < 0) return bad_row();
    return best;
  }
  if (const Status filled = fill(logits, scratch); !filled) return std::unexpected(filled.error());
  if (!filters_) {
    return std::ranges::max_element(scratch, {}, &llama_token_data::logit)->id;
  }
  llama_token_data_array candidates{
      .data = scratch.data(), .size = scratch.size(), .selected = -1, .sorted = false};
  llama_sampler_apply(filters_.get(), &candidates);
  return draw({candidates.data, candidates.size}, index);
}

// All tokens with their logits, biased and penalized, in order of their ids.
Status SamplerChain::fill(std::span<const float> logits, Scratch& scratch) const {
  if (argmax(logits) < 0) return bad_row();
  scratch.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    scratch[i] = {.id = static_cast<Token>(i), .logit = logits[i], .p = 0.0F};
  }
  for (const auto& [token, bias] : biases_) scratch[static_cast<std::size_t>(token)].logit += bias;
  if (penalties_.active()) {
    for (const auto& [token, count] : penalties_.counts()) {
      float& logit = scratch[static_cast<std::size_t>(token)].logit;
      logit = penalties_.apply(logit, count);
    }
  }
  const bool any =
      std::ranges::any_of(scratch, [](const llama_token_data& token) { return token.logit > kNever; });
  if (!any)
    return fail(ErrorCode::kSamplingFailed, "logit_bias leaves no token to choose from", "logit_bias");
  return {};
}

Result<Token> SamplerChain::draw(std::span<const llama_token_data> candidates, std::uint32_t index) const {
  if (candidates.empty())
    return fail(ErrorCode::kSamplingFailed, "the sampling parameters leave no token to choose from");
  const float most = std::ranges::max(candidates, {}, &llama_token_data::logit).logit;
  const auto weight = [most](const llama_token_data& token) {
    return std::exp(static_cast<double>(token.logit - most));
  };
  double total = 0.0;
  for (const llama_token_data& token : candidates) total += weight(token);
  double left = random_unit(seed_, index) * total;
  const llama_token_data* last = nullptr;
  for (const llama_token_data& token : candidates) {
    const double share = weight(token);
    if (share <= 0.0) continue;
    last = &token;
    left -= share;
    if (left < 0.0) break;
  }
  if (last == nullptr) return bad_row();
  return last->id;
}

ChainSampler::ChainSampler(SamplerChain chain, llama_context* context, std::int32_t n_vocab,
                           SamplerChain::Scratch& scratch)
    : chain_{std::move(chain)},
      context_{context},
      n_vocab_{static_cast<std::size_t>(n_vocab)},
      scratch_{scratch} {}

Result<Token> ChainSampler::sample(std::int32_t batch_index, std::uint32_t n_generated) {
  const float* row = llama_get_logits_ith(context_, batch_index);
  if (row == nullptr) return fail(ErrorCode::kInternal, "the batch has no logits for this sequence");
  auto token = chain_.choose({row, n_vocab_}, n_generated, scratch_);
  if (token) chain_.accept(*token);
  return token;
}

}  // namespace minerva::inference
