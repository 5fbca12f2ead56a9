#include "api/sampling_fields.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>
#include <vector>

namespace minerva::api {
namespace {

wire::SamplingParams sampling_of(const char* text) {
  const Json body = Json::parse(text);
  ParameterParser fields(body, "");
  wire::SamplingParams sampling;
  sampling.seed = 77;
  read_sampling(fields, sampling);
  EXPECT_TRUE(fields.status().has_value()) << fields.status().error().message;
  return sampling;
}

std::uint32_t max_tokens_of(const char* text) {
  const Json body = Json::parse(text);
  ParameterParser fields(body, "");
  const std::uint32_t limit = read_max_tokens(fields);
  EXPECT_TRUE(fields.status().has_value());
  return limit;
}

TEST(SamplingFields, ReadEveryField) {
  const auto sampling =
      sampling_of(R"({"temperature": 2, "top_p": 0.5, "top_k": 7, "min_p": 0.25, "typical_p": 0.75,
      "repeat_penalty": 1.5, "repeat_last_n": 128, "presence_penalty": -2, "frequency_penalty": 1.25, "seed": 12,
      "logit_bias": {"50256": -100, "3": 1.5}})");
  EXPECT_FLOAT_EQ(sampling.temperature, 2.0F);
  EXPECT_FLOAT_EQ(sampling.top_p, 0.5F);
  EXPECT_EQ(sampling.top_k, 7);
  EXPECT_FLOAT_EQ(sampling.min_p, 0.25F);
  EXPECT_FLOAT_EQ(sampling.typical_p, 0.75F);
  EXPECT_FLOAT_EQ(sampling.repeat_penalty, 1.5F);
  EXPECT_EQ(sampling.repeat_last_n, 128);
  EXPECT_FLOAT_EQ(sampling.presence_penalty, -2.0F);
  EXPECT_FLOAT_EQ(sampling.frequency_penalty, 1.25F);
  EXPECT_EQ(sampling.seed, 12U);
  ASSERT_EQ(sampling.logit_bias.size(), 2U);
  EXPECT_EQ(sampling.logit_bias[0].token, 50256);
  EXPECT_FLOAT_EQ(sampling.logit_bias[0].bias, -100.0F);
  EXPECT_EQ(sampling.logit_bias[1].token, 3);
}

TEST(SamplingFields, ReadWhatLlamaServerOffers) {
  const auto sampling = sampling_of(R"({"dynatemp_range": 0.5, "dynatemp_exponent": 2, "top_n_sigma": 1.5,
      "xtc_probability": 0.5, "xtc_threshold": 0.25, "min_keep": 3, "dry_multiplier": 0.75, "dry_base": 2,
      "dry_allowed_length": 4, "dry_penalty_last_n": 100, "dry_sequence_breakers": ["\n", "."], "mirostat": 2,
      "mirostat_tau": 4, "mirostat_eta": 0.5, "adaptive_target": 0.5, "adaptive_decay": 0.75,
      "samplers": ["temperature", "top_k", "typical_p"], "grammar": "root ::= \"a\""})");
  EXPECT_FLOAT_EQ(sampling.dynatemp_range, 0.5F);
  EXPECT_FLOAT_EQ(sampling.dynatemp_exponent, 2.0F);
  EXPECT_FLOAT_EQ(sampling.top_n_sigma, 1.5F);
  EXPECT_FLOAT_EQ(sampling.xtc_probability, 0.5F);
  EXPECT_FLOAT_EQ(sampling.xtc_threshold, 0.25F);
  EXPECT_EQ(sampling.min_keep, 3U);
  EXPECT_FLOAT_EQ(sampling.dry_multiplier, 0.75F);
  EXPECT_FLOAT_EQ(sampling.dry_base, 2.0F);
  EXPECT_EQ(sampling.dry_allowed_length, 4);
  EXPECT_EQ(sampling.dry_penalty_last_n, 100);
  EXPECT_EQ(sampling.dry_sequence_breakers, (std::vector<std::string>{"\n", "."}));
  EXPECT_EQ(sampling.mirostat, 2);
  EXPECT_FLOAT_EQ(sampling.mirostat_tau, 4.0F);
  EXPECT_FLOAT_EQ(sampling.mirostat_eta, 0.5F);
  EXPECT_FLOAT_EQ(sampling.adaptive_target, 0.5F);
  EXPECT_FLOAT_EQ(sampling.adaptive_decay, 0.75F);
  EXPECT_EQ(sampling.samplers, (std::vector<std::string>{"temperature", "top_k", "typ_p"}));
  EXPECT_EQ(sampling.grammar, "root ::= \"a\"");
}

Error error_of(const char* text) {
  const Json body = Json::parse(text);
  ParameterParser fields(body, "");
  wire::SamplingParams sampling;
  read_sampling(fields, sampling);
  EXPECT_FALSE(fields.status()) << text;
  return fields.status() ? Error{} : fields.status().error();
}

TEST(SamplingFields, ReadLogitBiasesAsPairsAndFalseAsNever) {
  const auto pairs = sampling_of(R"({"logit_bias": [[5, 1.5], [7, false]]})").logit_bias;
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].token, 5);
  EXPECT_FLOAT_EQ(pairs[0].bias, 1.5F);
  EXPECT_EQ(pairs[1].token, 7);
  EXPECT_EQ(pairs[1].bias, -std::numeric_limits<float>::infinity());
  EXPECT_EQ(sampling_of(R"({"logit_bias": {"7": false}})").logit_bias[0].bias,
            -std::numeric_limits<float>::infinity());
}

TEST(SamplingFields, ReadTheOrderOfSamplersAsLlamaServersLetters) {
  EXPECT_EQ(sampling_of(R"({"samplers": "edskypmxtia"})").samplers,
            (std::vector<std::string>{"penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p",
                                      "xtc", "temperature", "infill", "adaptive_p"}));
  EXPECT_EQ(error_of(R"({"samplers": "kq"})").field, "samplers");
  EXPECT_EQ(error_of(R"({"samplers": 5})").field, "samplers");
}

TEST(SamplingFields, ReadALazyGrammarWithItsTriggers) {
  const auto sampling = sampling_of(R"({"grammar": "root ::= [a]", "grammar_lazy": true, "grammar_triggers": [
      {"type": 0, "value": "<tool>", "token": 7}, {"type": 1, "value": "call:"},
      {"type": "pattern", "value": "x+"}, {"type": 3, "value": "y"}, {"type": "token", "value": "<tool>"}]})");
  EXPECT_TRUE(sampling.grammar_lazy);
  ASSERT_EQ(sampling.grammar_triggers.size(), 5U);
  EXPECT_EQ(sampling.grammar_triggers[0].kind, wire::TriggerKind::kToken);
  EXPECT_EQ(sampling.grammar_triggers[0].token, 7);
  EXPECT_EQ(sampling.grammar_triggers[1].kind, wire::TriggerKind::kWord);
  EXPECT_EQ(sampling.grammar_triggers[1].value, "call:");
  EXPECT_EQ(sampling.grammar_triggers[2].kind, wire::TriggerKind::kPattern);
  EXPECT_EQ(sampling.grammar_triggers[3].kind, wire::TriggerKind::kPatternFull);
  EXPECT_EQ(sampling.grammar_triggers[4].token, -1);
}

TEST(SamplingFields, NameWhatIsWrongInALazyGrammar) {
  const auto field = [](const std::string& fields) {
    return error_of(("{" + fields + R"(, "grammar_lazy": true})").c_str()).field;
  };
  const std::string with_grammar = R"("grammar": "root ::= [a]", "grammar_triggers": )";
  EXPECT_EQ(field(R"("grammar_triggers": [{"type": 1, "value": "a"}])"), "grammar_lazy");
  EXPECT_EQ(field(with_grammar + "[]"), "grammar_triggers");
  EXPECT_EQ(field(with_grammar + "5"), "grammar_triggers");
  EXPECT_EQ(field(with_grammar + "[5]"), "grammar_triggers[0]");
  EXPECT_EQ(field(with_grammar + R"([{"value": "a"}])"), "grammar_triggers[0].type");
  EXPECT_EQ(field(with_grammar + R"([{"type": 4, "value": "a"}])"), "grammar_triggers[0].type");
  EXPECT_EQ(field(with_grammar + R"([{"type": -1, "value": "a"}])"), "grammar_triggers[0].type");
  EXPECT_EQ(field(with_grammar + R"([{"type": "words", "value": "a"}])"), "grammar_triggers[0].type");
  EXPECT_EQ(field(with_grammar + R"([{"type": 1, "value": "a"}, {"type": 1}])"), "grammar_triggers[1].value");
  EXPECT_EQ(field(with_grammar + R"([{"type": 2, "value": 3}])"), "grammar_triggers[0].value");
  EXPECT_EQ(field(with_grammar + R"([{"type": 0, "token": -5}])"), "grammar_triggers[0].token");
  EXPECT_EQ(error_of(R"({"grammar_lazy": 1})").field, "grammar_lazy");
}

TEST(SamplingFields, KeepWhatWasThereForAbsentAndNullFields) {
  const wire::SamplingParams plain;
  for (const char* text :
       {"{}", R"({"temperature": null, "top_k": null, "seed": null, "logit_bias": null})"}) {
    const auto sampling = sampling_of(text);
    EXPECT_FLOAT_EQ(sampling.temperature, plain.temperature);
    EXPECT_EQ(sampling.top_k, plain.top_k);
    EXPECT_EQ(sampling.seed, 77U);
    EXPECT_TRUE(sampling.logit_bias.empty());
  }
}

TEST(SamplingFields, TakeASeedOfAnySixtyFourBitsAndMinusOneForNone) {
  EXPECT_EQ(sampling_of(R"({"seed": 0})").seed, 0U);
  EXPECT_EQ(sampling_of(R"({"seed": -1})").seed, 77U);
  EXPECT_EQ(sampling_of(R"({"seed": -2})").seed, 0xFFFFFFFFFFFFFFFEU);
  EXPECT_EQ(sampling_of(R"({"seed": 18446744073709551615})").seed, 0xFFFFFFFFFFFFFFFFU);
}

TEST(SamplingFields, TakeBoundsAsAllowed) {
  EXPECT_FLOAT_EQ(sampling_of(R"({"temperature": 0})").temperature, 0.0F);
  EXPECT_FLOAT_EQ(sampling_of(R"({"top_p": 1.0})").top_p, 1.0F);
  EXPECT_EQ(sampling_of(R"({"top_k": 5.0})").top_k, 5);
}

TEST(SamplingFields, LetTheNewerNameOfTheTokenLimitWin) {
  EXPECT_EQ(max_tokens_of("{}"), 0U);
  EXPECT_EQ(max_tokens_of(R"({"max_tokens": 5})"), 5U);
  EXPECT_EQ(max_tokens_of(R"({"max_tokens": 5, "max_completion_tokens": 9})"), 9U);
  EXPECT_EQ(max_tokens_of(R"({"max_tokens": 5, "max_completion_tokens": null})"), 5U);
  EXPECT_EQ(max_tokens_of(R"({"n_predict": 4, "max_tokens": 5})"), 5U);
  EXPECT_EQ(max_tokens_of(R"({"max_tokens": -1})"), 0U);
}

TEST(SamplingFields, ReadStopAsOneStringOrSeveral) {
  const auto stop_of = [](const char* text) {
    const Json body = Json::parse(text);
    ParameterParser fields(body, "");
    auto stop = read_stop(fields);
    EXPECT_TRUE(fields.status().has_value());
    return stop;
  };
  EXPECT_EQ(stop_of("{}"), std::vector<std::string>{});
  EXPECT_EQ(stop_of(R"({"stop": []})"), std::vector<std::string>{});
  EXPECT_EQ(stop_of(R"({"stop": "\n"})"), std::vector<std::string>{"\n"});
  EXPECT_EQ(stop_of(R"({"stop": ["a", "b", "c", "d", "e"]})").size(), 5U);
}

}  // namespace
}  // namespace minerva::api
