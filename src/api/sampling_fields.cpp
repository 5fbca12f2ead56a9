#include "api/sampling_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "api/grammar_fields.h"

namespace minerva::api {
namespace {

constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

void read_seed(ParameterParser& fields, std::uint64_t& seed) {
  const Json* given = fields.value("seed");
  if (given == nullptr) return;
  if (!given->is_number_integer()) return fields.mismatch("seed", "a 64-bit integer", *given);
  if (given->is_number_unsigned()) {
    seed = given->get<std::uint64_t>();
  } else if (const auto number = given->get<std::int64_t>(); number != -1) {
    seed = static_cast<std::uint64_t>(number);
  }
}

std::optional<wire::Token> token_id(std::string_view text) {
  wire::Token token = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), token);
  if (error != std::errc{} || end != text.data() + text.size() || token < 0) return std::nullopt;
  return token;
}

// A number, or false: never.
void read_bias(ParameterParser& entry, std::string_view name, float& bias) {
  const Json* given = entry.value(name);
  if (given != nullptr && given->is_boolean() && !given->get<bool>()) {
    bias = -std::numeric_limits<float>::infinity();
  } else if (given == nullptr || !given->is_number()) {
    entry.mismatch(name, "false or a number from -100 to 100", given != nullptr ? *given : Json{});
  } else {
    entry.number(name, {-100.0F, 100.0F}, bias);
  }
}

// OpenAI's form: {"TOKEN": BIAS}.
void read_biases_by_token(ParameterParser& fields, const Json& biases, std::vector<wire::LogitBias>& target) {
  ParameterParser entries(biases, fields.path_of("logit_bias"));
  for (const auto& [key, value] : biases.items()) {
    wire::LogitBias bias;
    const auto token = token_id(key);
    if (!token)
      entries.refuse(key, fmt::format("logit_bias has the key {}, which is no token id", excerpt(key)));
    read_bias(entries, key, bias.bias);
    if (entries.failed()) break;
    bias.token = *token;
    target.push_back(bias);
  }
  fields.include(entries.status());
}

// llama-server's other form: [[TOKEN, BIAS]].
void read_bias_pairs(ParameterParser& fields, const Json& biases, std::vector<wire::LogitBias>& target) {
  for (std::size_t i = 0; i < biases.size() && !fields.failed(); ++i) {
    const Json& pair = biases[i];
    const std::string name = element_path("logit_bias", i);
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_integer())
      return fields.mismatch(name, "a pair of a token id and a bias", pair);
    const Json named{{"token", pair[0]}, {"bias", pair[1]}};
    ParameterParser entry(named, name);
    wire::LogitBias bias;
    entry.integer("token", {0, kMaxInt32}, bias.token);
    read_bias(entry, "bias", bias.bias);
    fields.include(entry.status());
    target.push_back(bias);
  }
}

void read_logit_bias(ParameterParser& fields, std::vector<wire::LogitBias>& target) {
  const Json* biases = fields.value("logit_bias");
  if (biases == nullptr) return;
  if (!biases->is_object() && !biases->is_array())
    return fields.mismatch("logit_bias", "an object, or an array of pairs", *biases);
  if (biases->size() > kMaxLogitBiases) {
    return fields.refuse("logit_bias", fmt::format("logit_bias has {} entries; at most {} are allowed",
                                                   biases->size(), kMaxLogitBiases));
  }
  if (biases->is_object()) {
    read_biases_by_token(fields, *biases, target);
  } else {
    read_bias_pairs(fields, *biases, target);
  }
}

void read_breakers(ParameterParser& fields, std::vector<std::string>& breakers) {
  const Json* given = fields.array("dry_sequence_breakers");
  if (given == nullptr) return;
  breakers.clear();
  for (std::size_t i = 0; i < given->size(); ++i) {
    const Json& text = (*given)[i];
    const std::string name = element_path("dry_sequence_breakers", i);
    if (!text.is_string()) return fields.mismatch(name, "a string", text);
    breakers.push_back(text.get<std::string>());
  }
}

// llama-server's letter of each sampler.
constexpr std::array<std::pair<char, std::string_view>, 11> kSamplerLetters{{{'d', "dry"},
                                                                             {'k', "top_k"},
                                                                             {'y', "typ_p"},
                                                                             {'p', "top_p"},
                                                                             {'s', "top_n_sigma"},
                                                                             {'m', "min_p"},
                                                                             {'t', "temperature"},
                                                                             {'x', "xtc"},
                                                                             {'i', "infill"},
                                                                             {'e', "penalties"},
                                                                             {'a', "adaptive_p"}}};

void read_sampler_letters(ParameterParser& fields, const Json& letters, std::vector<std::string>& samplers) {
  for (const char letter : letters.get_ref<const std::string&>()) {
    const auto found = std::ranges::find(kSamplerLetters, letter, &std::pair<char, std::string_view>::first);
    if (found == kSamplerLetters.end()) {
      return fields.mismatch("samplers", "an array of names, or a string of the letters dkypsmtxiea",
                             letters);
    }
    samplers.emplace_back(found->second);
  }
}

// Names as llama-server lists them, or a string of its letters.
void read_samplers(ParameterParser& fields, std::vector<std::string>& samplers) {
  const Json* given = fields.value("samplers");
  if (given == nullptr) return;
  if (given->is_string()) return read_sampler_letters(fields, *given, samplers);
  if (!given->is_array())
    return fields.mismatch("samplers", "an array of names, or a string of letters", *given);
  for (std::size_t i = 0; i < given->size(); ++i) {
    const Json& text = (*given)[i];
    const std::string name = element_path("samplers", i);
    if (!text.is_string()) return fields.mismatch(name, "the name of a sampler", text);
    samplers.push_back(text == "typical_p" ? "typ_p" : text.get<std::string>());
  }
}

// What llama-server offers beyond OpenAI's parameters.
void read_filters(ParameterParser& fields, wire::SamplingParams& sampling) {
  constexpr Range<float> kFinite{-1e6F, 1e6F};
  constexpr Range<float> kPositive{0.0F, 1e6F};
  constexpr Range<float> kShare{0.0F, 1.0F};
  fields.integer("top_k", {-1, kMaxInt32}, sampling.top_k);
  fields.number("min_p", kShare, sampling.min_p);
  fields.number("typical_p", kShare, sampling.typical_p);
  fields.number("top_n_sigma", kFinite, sampling.top_n_sigma);
  fields.number("xtc_probability", kShare, sampling.xtc_probability);
  fields.number("xtc_threshold", kShare, sampling.xtc_threshold);
  fields.integer("min_keep", {0, kMaxInt32}, sampling.min_keep);
  fields.number("dynatemp_range", kPositive, sampling.dynatemp_range);
  fields.number("dynatemp_exponent", kPositive, sampling.dynatemp_exponent);
  fields.number("repeat_penalty", {0.01F, 10.0F}, sampling.repeat_penalty);
  fields.integer("repeat_last_n", {-1, kMaxInt32}, sampling.repeat_last_n);
  fields.number("dry_multiplier", kPositive, sampling.dry_multiplier);
  fields.number("dry_base", {1.0F, 1e6F}, sampling.dry_base);
  fields.integer("dry_allowed_length", {0, kMaxInt32}, sampling.dry_allowed_length);
  fields.integer("dry_penalty_last_n", {-1, kMaxInt32}, sampling.dry_penalty_last_n);
  read_breakers(fields, sampling.dry_sequence_breakers);
  fields.integer("mirostat", {0, 2}, sampling.mirostat);
  fields.number("mirostat_tau", kPositive, sampling.mirostat_tau);
  fields.number("mirostat_eta", kShare, sampling.mirostat_eta);
  fields.number("adaptive_target", {-1.0F, 1.0F}, sampling.adaptive_target);
  fields.number("adaptive_decay", {0.0F, 0.99F}, sampling.adaptive_decay);
  read_samplers(fields, sampling.samplers);
  read_grammar(fields, sampling);
}

}  // namespace

void read_log_probabilities(ParameterParser& fields, wire::SamplingParams& sampling) {
  constexpr std::int64_t kMost = 20;  // OpenAI's
  bool wanted = false;
  fields.boolean("logprobs", wanted);
  std::int64_t n_likeliest = -1;
  fields.integer("top_logprobs", {0, kMost}, n_likeliest);
  if (n_likeliest > 0 && !wanted) fields.refuse("top_logprobs", "top_logprobs needs logprobs to be true");
  if (wanted) sampling.n_probs = static_cast<std::int32_t>(std::max<std::int64_t>(0, n_likeliest));
}

void read_sampling(ParameterParser& fields, wire::SamplingParams& sampling) {
  fields.number("temperature", {0.0F, 2.0F}, sampling.temperature);
  fields.number("top_p", {0.0F, 1.0F}, sampling.top_p);
  fields.number("presence_penalty", {-2.0F, 2.0F}, sampling.presence_penalty);
  fields.number("frequency_penalty", {-2.0F, 2.0F}, sampling.frequency_penalty);
  read_filters(fields, sampling);
  read_seed(fields, sampling.seed);
  read_logit_bias(fields, sampling.logit_bias);
}

std::uint32_t read_max_tokens(ParameterParser& fields) {
  std::int64_t limit = -1;
  // Weakest first: a later one overrides.
  for (const std::string_view name : {"n_predict", "max_tokens", "max_completion_tokens"}) {
    fields.integer(name, {-1, kMaxInt32}, limit);
    if (limit == 0) {
      fields.refuse(
          name,
          fmt::format("{} must be at least 1, but it is 0; leave it out for no limit but the context", name));
    }
  }
  return limit < 0 ? 0 : static_cast<std::uint32_t>(limit);
}

std::vector<std::string> read_stop(ParameterParser& fields) {
  const Json* given = fields.value("stop");
  if (given == nullptr) return {};
  if (!given->is_string() && !given->is_array()) {
    fields.mismatch("stop", "a string or an array of strings", *given);
    return {};
  }
  const Json list = given->is_string() ? Json::array({*given}) : *given;
  if (list.size() > kMaxStopStrings) {
    fields.refuse("stop",
                  fmt::format("stop has {} strings; at most {} are allowed", list.size(), kMaxStopStrings));
    return {};
  }
  std::vector<std::string> stop;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string name = given->is_string() ? "stop" : element_path("stop", i);
    if (!list[i].is_string()) {
      fields.mismatch(name, "a string", list[i]);
    } else if (const auto& text = list[i].get_ref<const std::string&>();
               text.empty() || text.size() > kMaxStopBytes) {
      fields.refuse(name, fmt::format("{} must have from 1 to {} bytes, but it has {}", name, kMaxStopBytes,
                                      text.size()));
    } else {
      stop.push_back(text);
    }
  }
  return stop;
}

}  // namespace minerva::api
