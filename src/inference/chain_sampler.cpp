#include "inference/chain_sampler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "inference/candidates.h"
#include "inference/counter_random.h"
#include "inference/log_probabilities.h"

namespace minerva::inference {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

Error bad_row() {
  return {.code = ErrorCode::kSamplingFailed,
          .message =
              "the model's output is not a number: the weights are damaged, or the device computes wrongly",
          .field = {}};
}

// Why there is no token to choose after the biases.
Error why_none(std::span<const float> logits) {
  if (argmax(logits) < 0) return bad_row();
  return {.code = ErrorCode::kSamplingFailed,
          .message = "logit_bias leaves no token to choose from",
          .field = "logit_bias"};
}

llama_token_data_array array_of(std::vector<llama_token_data>& candidates) {
  return {.data = candidates.data(), .size = candidates.size(), .selected = -1, .sorted = false};
}

// All tokens in order of their ids.
void fill(std::span<const float> logits, std::vector<llama_token_data>& candidates) {
  candidates.resize(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i)
    candidates[i] = {.id = static_cast<Token>(i), .logit = logits[i], .p = 0.0F};
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
    if (!std::ranges::contains(kSamplerNames, name) && !std::ranges::contains(kNamedSamplers, name)) {
      return refuse(fmt::format("there is no sampler \"{}\"; known: {}, {}", name,
                                fmt::join(kSamplerNames, ", "), fmt::join(kNamedSamplers, ", ")),
                    "samplers");
    }
  }
  if (const auto infill = std::ranges::find(params.samplers, "infill"); infill != params.samplers.end()) {
    const bool is_few = params.top_k > 0 && params.top_k <= kMostInfillCandidates &&
                        std::find(params.samplers.begin(), infill, "top_k") != infill;
    if (!is_few) {
      return refuse(fmt::format("the sampler infill needs top_k before it, with a top_k from 1 to {}",
                                kMostInfillCandidates),
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

SamplerChain::SamplerChain(const wire::SamplingParams& params, const SamplingModel& model, bool ignore_eos,
                           std::optional<Grammar> grammar)
    : stages_{make_stages(params, model)},
      draw_{params.temperature > 0.0F ? make_draw(params, model.n_vocab) : nullptr},
      grammar_{std::move(grammar)},
      biases_{params.logit_bias},
      end_tokens_{model.end_tokens},
      seed_{params.seed} {
  for (const Token token : model.suppressed_tokens) biases_.push_back({.token = token, .bias = kNever});
  if (grammar_ && !params.grammar_lazy) {
    for (const Token token : model.control_tokens) biases_.push_back({.token = token, .bias = kNever});
  }
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
    auto made = params.grammar_lazy ? Grammar::make_lazy(model.vocab, params.grammar, params.grammar_triggers)
                                    : Grammar::make(model.vocab, params.grammar);
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

wire::SamplerMemory SamplerChain::memory() const { return draw_ ? draw_->memory() : wire::SamplerMemory{}; }

void SamplerChain::remember(const wire::SamplerMemory& memory) {
  if (draw_) draw_->remember(memory);
}

// The grammar looks at the chosen token alone first: most often the model keeps to it by itself, and filtering a whole
// vocabulary costs more than all else here.
Result<Token> SamplerChain::choose(std::span<const float> logits, std::uint32_t index, Scratch& scratch) {
  auto token = choose_freely(logits, index, scratch);
  if (!token || !grammar_ || grammar_->allows(*token)) return token;
  return choose_by_grammar(logits, index, scratch);
}

// What works on the row comes first, and there are candidates only for what the next stage leaves of it.
Result<Token> SamplerChain::choose_freely(std::span<const float> logits, std::uint32_t index,
                                          Scratch& scratch) {
  const std::size_t n_on_row = !stages_.empty() && stages_.front()->works_on_row() ? 1 : 0;
  const auto row = biased(logits, n_on_row, scratch);
  const std::size_t n_highest = n_on_row < stages_.size() ? stages_[n_on_row]->n_highest() : 0;
  if (n_highest > 0) {
    if (!select_top(row, n_highest, scratch.top)) return std::unexpected(why_none(logits));
    return choose_from(
        {.data = scratch.top.data(), .size = scratch.top.size(), .selected = -1, .sorted = true},
        n_on_row + 1, index);
  }
  const Token best = argmax(row);
  if (best < 0) return std::unexpected(why_none(logits));
  if (!draw_ && n_on_row == stages_.size()) return best;
  fill(row, scratch.all);
  return choose_from(array_of(scratch.all), n_on_row, index);
}

Result<Token> SamplerChain::choose_by_grammar(std::span<const float> logits, std::uint32_t index,
                                              Scratch& scratch) {
  const auto row = biased(logits, 0, scratch);
  if (argmax(row) < 0) return std::unexpected(why_none(logits));
  fill(row, scratch.all);
  auto all = array_of(scratch.all);
  grammar_->filter(all);
  leave_out(all, [](const llama_token_data& candidate) { return !(candidate.logit > kNever); });
  if (all.size == 0) return end_of_grammar();
  return choose_from(all, 0, index);
}

// Once the grammar has come to its end, only an end token can follow, also in an answer that was to ignore them.
Result<Token> SamplerChain::end_of_grammar() {
  const auto end = std::ranges::find_if(end_tokens_, [this](Token token) { return grammar_->allows(token); });
  if (end != end_tokens_.end()) return *end;
  return fail(ErrorCode::kSamplingFailed, "the grammar leaves no token to choose from", "grammar");
}

// The logits with the biases and the first stages' work; in `scratch` where that changes any.
std::span<const float> SamplerChain::biased(std::span<const float> logits, std::size_t n_on_row,
                                            Scratch& scratch) {
  if (biases_.empty() && n_on_row == 0) return logits;
  scratch.row.assign(logits.begin(), logits.end());
  for (const auto& [token, bias] : biases_) scratch.row[static_cast<std::size_t>(token)] += bias;
  for (std::size_t i = 0; i < n_on_row; ++i) stages_[i]->apply_to_row(scratch.row);
  return scratch.row;
}

// Without the first `n_done` stages, whose work is done.
Result<Token> SamplerChain::choose_from(llama_token_data_array candidates, std::size_t n_done,
                                        std::uint32_t index) {
  for (std::size_t i = n_done; i < stages_.size(); ++i) stages_[i]->apply(candidates, index);
  const llama_token_data* best = likeliest(candidates);
  if (best == nullptr)
    return fail(ErrorCode::kSamplingFailed, "the sampling parameters leave no token to choose from");
  if (!draw_) return best->id;
  const auto token = draw_->draw(candidates, random_unit(seed_, index));
  if (!token) return std::unexpected(bad_row());
  return *token;
}

ChainSampler::ChainSampler(SamplerChain chain, const LogitRows& rows, std::int32_t n_vocab,
                           std::int32_t n_probs)
    : chain_{std::move(chain)}, rows_{rows}, n_vocab_{static_cast<std::size_t>(n_vocab)}, n_probs_{n_probs} {}

Result<Sampled> ChainSampler::sample(std::int32_t batch_index, std::uint32_t n_generated) {
  thread_local SamplerChain::Scratch scratch;
  const auto index = static_cast<std::size_t>(batch_index);
  if (index >= rows_.size() || rows_[index] == nullptr)
    return fail(ErrorCode::kInternal, "the batch has no logits for this sequence");
  const std::span<const float> logits{rows_[index], n_vocab_};
  const auto token = chain_.choose(logits, n_generated, scratch);
  if (!token) return std::unexpected(token.error());
  if (const Status accepted = chain_.accept(*token); !accepted) return std::unexpected(accepted.error());
  Sampled sampled{.token = *token, .probabilities = {}, .memory = chain_.memory()};
  if (n_probs_ >= 0)
    sampled.probabilities = log_probabilities(logits, *token, static_cast<std::size_t>(n_probs_));
  return sampled;
}

Status ChainSampler::go_on(std::span<const Token> generated, const wire::SamplerMemory& memory) {
  for (const Token token : generated) {
    if (const Status accepted = chain_.accept(token); !accepted) return accepted;
  }
  chain_.remember(memory);
  return {};
}

}  // namespace minerva::inference
