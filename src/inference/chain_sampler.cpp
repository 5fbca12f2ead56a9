#include "inference/chain_sampler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "inference/counter_random.h"
#include "inference/log_probabilities.h"

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
  if (params.mirostat < 0 || params.mirostat > 2) return refuse("mirostat must be 0, 1 or 2", "mirostat");
  if (!in_unit(params.xtc_probability))
    return refuse("xtc_probability must be between 0 and 1", "xtc_probability");
  if (!in_unit(params.xtc_threshold)) return refuse("xtc_threshold must be between 0 and 1", "xtc_threshold");
  for (const std::string& name : params.samplers) {
    if (!std::ranges::contains(kSamplerNames, name)) {
      return refuse(
          fmt::format("there is no sampler \"{}\"; known: {}", name, fmt::join(kSamplerNames, ", ")),
          "samplers");
    }
  }
  for (const auto& [token, bias] : params.logit_bias) {
    if (token < 0 || token >= n_vocab) {
      return refuse(fmt::format("logit_bias names token {}, the vocabulary has 0 to {}", token, n_vocab - 1),
                    "logit_bias");
    }
    if (std::isnan(bias)) return refuse("a logit_bias must be a number", "logit_bias");
  }
  return {};
}

// One bias a token, in order of the tokens.
void merge(std::vector<wire::LogitBias>& biases) {
  std::ranges::stable_sort(biases, {}, &wire::LogitBias::token);
  std::vector<wire::LogitBias> merged;
  for (const wire::LogitBias& each : biases) {
    if (!merged.empty() && merged.back().token == each.token) {
      merged.back().bias += each.bias;
    } else {
      merged.push_back(each);
    }
  }
  biases = std::move(merged);
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

SamplerChain::SamplerChain(const wire::SamplingParams& params, const SamplingModel& model, bool ignore_eos,
                           std::optional<Grammar> grammar)
    : stages_{make_stages(params, model)},
      draw_{params.temperature > 0.0F ? make_draw(params, model.n_vocab) : nullptr},
      grammar_{std::move(grammar)},
      biases_{params.logit_bias},
      seed_{params.seed} {
  for (const Token token : model.suppressed_tokens) biases_.push_back({.token = token, .bias = kNever});
  if (ignore_eos) {
    for (const Token token : model.end_tokens) biases_.push_back({.token = token, .bias = kNever});
  }
  merge(biases_);
}

Result<SamplerChain> SamplerChain::make(const wire::SamplingParams& params, const SamplingModel& model,
                                        bool ignore_eos) {
  if (const Status valid = check(params, model.n_vocab); !valid) return std::unexpected(valid.error());
  std::optional<Grammar> grammar;
  if (!params.grammar.empty()) {
    auto made = Grammar::make(model.vocab, params.grammar);
    if (!made) return std::unexpected(made.error());
    grammar = std::move(*made);
  }
  return SamplerChain{params, model, ignore_eos, std::move(grammar)};
}

void SamplerChain::accept_prompt(Token token) {
  for (const auto& stage : stages_) stage->accept(token);
}

Status SamplerChain::accept(Token token) {
  accept_prompt(token);
  if (draw_) draw_->accept(token);
  return grammar_ ? grammar_->accept(token) : Status{};
}

// The grammar looks at the chosen token alone first: most often the model keeps to it by itself, and filtering a whole
// vocabulary costs more than all else here.
Result<Token> SamplerChain::choose(std::span<const float> logits, std::uint32_t index, Scratch& scratch) {
  const auto choose_freely = [&]() -> Result<Token> {
    if (!draw_ && stages_.empty()) {
      if (const auto best = likeliest(logits)) return *best;
    }
    if (const Status filled = fill(logits, scratch); !filled) return std::unexpected(filled.error());
    return choose_from(scratch, index);
  };
  auto token = choose_freely();
  if (!token || !grammar_ || grammar_->allows(*token)) return token;
  if (const Status filled = fill(logits, scratch); !filled) return std::unexpected(filled.error());
  llama_token_data_array candidates{
      .data = scratch.data(), .size = scratch.size(), .selected = -1, .sorted = false};
  grammar_->filter(candidates);
  std::erase_if(scratch, [](const llama_token_data& candidate) { return !(candidate.logit > kNever); });
  if (scratch.empty())
    return fail(ErrorCode::kSamplingFailed, "the grammar leaves no token to choose from", "grammar");
  return choose_from(scratch, index);
}

// The first of the tokens with the highest biased logit, without a look at all of them but one; nothing where only that
// look can tell, or the row is bad.
std::optional<Token> SamplerChain::likeliest(std::span<const float> logits) const {
  Token best = argmax(logits);
  if (best < 0 || std::ranges::binary_search(biases_, best, {}, &wire::LogitBias::token)) return std::nullopt;
  float most = logits[static_cast<std::size_t>(best)];
  for (const auto& [token, bias] : biases_) {
    const float biased = logits[static_cast<std::size_t>(token)] + bias;
    if (biased < most || (biased == most && token > best)) continue;
    best = token;
    most = biased;
  }
  return best;
}

// All tokens with their logits and biases, in order of their ids.
Status SamplerChain::fill(std::span<const float> logits, Scratch& scratch) const {
  if (argmax(logits) < 0) return bad_row();
  scratch.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    scratch[i] = {.id = static_cast<Token>(i), .logit = logits[i], .p = 0.0F};
  }
  for (const auto& [token, bias] : biases_) scratch[static_cast<std::size_t>(token)].logit += bias;
  const bool any =
      std::ranges::any_of(scratch, [](const llama_token_data& token) { return token.logit > kNever; });
  if (!any)
    return fail(ErrorCode::kSamplingFailed, "logit_bias leaves no token to choose from", "logit_bias");
  return {};
}

Result<Token> SamplerChain::choose_from(Scratch& scratch, std::uint32_t index) {
  llama_token_data_array candidates{
      .data = scratch.data(), .size = scratch.size(), .selected = -1, .sorted = false};
  for (const auto& stage : stages_) stage->apply(candidates, index);
  const std::span left{candidates.data, candidates.size};
  if (left.empty())
    return fail(ErrorCode::kSamplingFailed, "the sampling parameters leave no token to choose from");
  if (!draw_) return std::ranges::max_element(left, {}, &llama_token_data::logit)->id;
  const auto token = draw_->draw(candidates, random_unit(seed_, index));
  if (!token) return bad_row();
  return *token;
}

ChainSampler::ChainSampler(SamplerChain chain, llama_context* context, std::int32_t n_vocab,
                           std::int32_t n_probs, SamplerChain::Scratch& scratch)
    : chain_{std::move(chain)},
      context_{context},
      n_vocab_{static_cast<std::size_t>(n_vocab)},
      n_probs_{n_probs},
      scratch_{scratch} {}

Result<Sampled> ChainSampler::sample(std::int32_t batch_index, std::uint32_t n_generated) {
  const float* row = llama_get_logits_ith(context_, batch_index);
  if (row == nullptr) return fail(ErrorCode::kInternal, "the batch has no logits for this sequence");
  const std::span<const float> logits{row, n_vocab_};
  const auto token = chain_.choose(logits, n_generated, scratch_);
  if (!token) return std::unexpected(token.error());
  if (const Status accepted = chain_.accept(*token); !accepted) return std::unexpected(accepted.error());
  Sampled sampled{.token = *token, .probabilities = {}};
  if (n_probs_ >= 0)
    sampled.probabilities = log_probabilities(logits, *token, static_cast<std::size_t>(n_probs_));
  return sampled;
}

}  // namespace minerva::inference
