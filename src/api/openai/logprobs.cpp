#include "api/openai/logprobs.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/utf8.h"

namespace minerva::api::openai {
namespace {

// JSON has no minus infinity; this is what OpenAI sends for a token that cannot come.
constexpr float kImpossible = -9999.0F;

Json entry(const wire::TokenProbability& probability) {
  Json bytes = Json::array();
  for (const char byte : probability.bytes) bytes.push_back(static_cast<unsigned char>(byte));
  return {{"token", utf8::sanitize(probability.bytes)},
          {"logprob", std::max(kImpossible, probability.log_probability)},
          {"bytes", std::move(bytes)}};
}

}  // namespace

Json logprobs_json(const std::vector<wire::TokenProbabilities>& probabilities) {
  if (probabilities.empty()) return nullptr;
  Json content = Json::array();
  for (const auto& [chosen, likeliest] : probabilities) {
    Json token = entry(chosen);
    token["top_logprobs"] = Json::array();
    for (const wire::TokenProbability& other : likeliest) token["top_logprobs"].push_back(entry(other));
    content.push_back(std::move(token));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

}  // namespace minerva::api::openai
