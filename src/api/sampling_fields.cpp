#include "api/sampling_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <limits>
#include <optional>

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

void read_logit_bias(ParameterParser& fields, std::vector<wire::LogitBias>& target) {
  const Json* biases = fields.object("logit_bias");
  if (biases == nullptr) return;
  if (biases->size() > kMaxLogitBiases) {
    return fields.refuse("logit_bias", fmt::format("logit_bias has {} entries; at most {} are allowed",
                                                   biases->size(), kMaxLogitBiases));
  }
  ParameterParser entries(*biases, fields.path_of("logit_bias"));
  for (const auto& [key, value] : biases->items()) {
    wire::LogitBias bias;
    const auto token = token_id(key);
    if (!token)
      entries.refuse(key, fmt::format("logit_bias has the key {}, which is no token id", excerpt(key)));
    if (value.is_null()) entries.mismatch(key, "a number from -100 to 100", value);
    entries.number(key, {-100.0F, 100.0F}, bias.bias);
    if (entries.failed()) break;
    bias.token = *token;
    target.push_back(bias);
  }
  fields.include(entries.status());
}

}  // namespace

void read_sampling(ParameterParser& fields, wire::SamplingParams& sampling) {
  fields.number("temperature", {0.0F, 2.0F}, sampling.temperature);
  fields.number("top_p", {0.0F, 1.0F}, sampling.top_p);
  fields.integer("top_k", {-1, kMaxInt32}, sampling.top_k);
  fields.number("min_p", {0.0F, 1.0F}, sampling.min_p);
  fields.number("typical_p", {0.0F, 1.0F}, sampling.typical_p);
  fields.number("repeat_penalty", {0.01F, 10.0F}, sampling.repeat_penalty);
  fields.integer("repeat_last_n", {-1, kMaxInt32}, sampling.repeat_last_n);
  fields.number("presence_penalty", {-2.0F, 2.0F}, sampling.presence_penalty);
  fields.number("frequency_penalty", {-2.0F, 2.0F}, sampling.frequency_penalty);
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
