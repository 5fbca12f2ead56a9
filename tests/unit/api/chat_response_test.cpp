#include "api/openai/chat_response.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>

#include "api/timings.h"

namespace minerva::api::openai {
namespace {

const ChatHead kHead{.id = "chatcmpl-1", .created = 7, .model = "m"};

gateway::Finished finished(wire::FinishReason reason) {
  return {.reason = reason,
          .stop_text = {},
          .stats = {.n_prompt = 12,
                    .n_cached = 2,
                    .cached_in = wire::PrefixTier::kHost,
                    .n_generated = 4,
                    .n_drafted = 3,
                    .n_accepted = 1,
                    .n_preempted = 2,
                    .n_resumed = 1,
                    .queue_us = 500,
                    .prefill_us = 5000,
                    .decode_us = 8000}};
}

wire::ModelCard card() {
  wire::ModelCard card;
  card.n_layers = 4;
  card.n_gpu_layers = 3;
  card.rung = 2;
  card.load_us = 250'000;
  card.memory = {{.device = "CPU", .weights_bytes = 100, .kv_bytes = 20, .compute_bytes = 3},
                 {.device = "Vulkan0", .weights_bytes = 1000, .kv_bytes = 200, .compute_bytes = 30}};
  return card;
}

constexpr std::string_view kTimings =
    R"({"cache_n":2,"prompt_n":10,"prompt_ms":5.0,"prompt_per_token_ms":0.5,"prompt_per_second":2000.0,)"
    R"("predicted_n":4,"predicted_ms":8.0,"predicted_per_token_ms":2.0,"predicted_per_second":500.0,)"
    R"("draft_n":3,"draft_n_accepted":1,"queue_ms":0.5,"cache_tier":"host","preempted_n":2,"resumed_n":1,"inference_ms":13.0,"load_ms":250.0,"memory_bytes":{"CPU":123,"Vulkan0":1230},"gpu":true,"gpu_layers":3,"placement":"3/5 layers on Vulkan0","rung":2})";

constexpr std::string_view kUsage =
    R"({"prompt_tokens":12,"completion_tokens":4,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":2}})";

TEST(ChatResponse, IsOneObjectWithUsageAndTimings) {
  const Choice choice{.answer = {.text = "Hi \"you\"\n"}, .finished = finished(wire::FinishReason::kLength)};
  EXPECT_EQ(
      completion_body(kHead, {&choice, 1}, card()),
      R"({"id":"chatcmpl-1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":"Hi \"you\"\n","refusal":null},"logprobs":null,"finish_reason":"length"}],)"
      R"("usage":)" +
          std::string(kUsage) + R"(,"timings":)" + std::string(kTimings) + "}");
}

TEST(ChatResponse, StreamsRoleTextFinishAndDone) {
  const ChatEvents events(kHead, false);
  const std::string head =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m",)";
  EXPECT_EQ(events.role(0, false),
            head + R"("choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},)"
                   R"("logprobs":null,"finish_reason":null}]})"
                   "\n\n");
  EXPECT_EQ(events.deltas(0, {chat::ContentDelta{"Hï\n"}}, {}),
            head +
                R"("choices":[{"index":0,"delta":{"content":"Hï\n"},"logprobs":null,"finish_reason":null}]})"
                "\n\n");
  const auto last = finished(wire::FinishReason::kStop);
  EXPECT_EQ(events.end(last, false, {&last.stats, 1}, card()),
            head + R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"timings":)" +
                std::string(kTimings) + "}\n\ndata: [DONE]\n\n");
}

TEST(ChatResponse, StreamsUsageInAChunkOfItsOwnWhenAskedFor) {
  const ChatEvents events(kHead, true);
  const std::string head =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"m",)";
  EXPECT_TRUE(events.role(0, false).ends_with(R"("finish_reason":null}],"usage":null})"
                                              "\n\n"));
  EXPECT_TRUE(events.deltas(0, {chat::ContentDelta{"x"}}, {})
                  .ends_with(R"("finish_reason":null}],"usage":null})"
                             "\n\n"));
  const auto last = finished(wire::FinishReason::kStop);
  EXPECT_EQ(
      events.end(last, false, {&last.stats, 1}, card()),
      head +
          R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null,"timings":)" +
          std::string(kTimings) + "}\n\n" + head + R"("choices":[],"usage":)" + std::string(kUsage) +
          "}\n\ndata: [DONE]\n\n");
}

TEST(ChatResponse, EndsABrokenStreamWithOneErrorEvent) {
  EXPECT_EQ(error_event({.code = ErrorCode::kWorkerCrashed, .message = "the worker died", .field = {}}),
            "data: {\"error\":{\"message\":\"the worker "
            "died\",\"type\":\"server_error\",\"param\":null,\"code\":\"worker_crashed\"}}\n\n");
}

TEST(ChatResponse, MakesAnIdOfEverySixteenDigits) {
  EXPECT_EQ(make_head(0xABC, 7, "m").id, "chatcmpl-0000000000000abc");
}

TEST(Timings, AreZeroRatesWhereNoTimePassed) {
  const Json timings = timings_json({.n_prompt = 5, .n_cached = 5, .n_generated = 1}, std::nullopt);
  EXPECT_EQ(timings["prompt_n"], 0);
  EXPECT_EQ(timings["prompt_per_token_ms"], 0.0);
  EXPECT_EQ(timings["predicted_per_second"], 0.0);
  EXPECT_FALSE(timings.contains("gpu"));
}

TEST(Timings, OfSeveralChoicesSpanThemAll) {
  const std::vector<wire::GenerationStats> choices{{.n_prompt = 10,
                                                    .n_cached = 2,
                                                    .cached_in = wire::PrefixTier::kDisk,
                                                    .n_generated = 4,
                                                    .n_drafted = 2,
                                                    .n_accepted = 1,
                                                    .queue_us = 100,
                                                    .prefill_us = 1000,
                                                    .decode_us = 400},
                                                   {.n_prompt = 10,
                                                    .n_cached = 9,
                                                    .cached_in = wire::PrefixTier::kKv,
                                                    .n_generated = 5,
                                                    .queue_us = 1100,
                                                    .prefill_us = 50,
                                                    .decode_us = 500},
                                                   // Had to wait for a place.
                                                   {.n_prompt = 10,
                                                    .n_cached = 9,
                                                    .n_generated = 1,
                                                    .n_preempted = 1,
                                                    .queue_us = 2000,
                                                    .prefill_us = 60,
                                                    .decode_us = 0}};
  const wire::GenerationStats all = together(choices);
  EXPECT_EQ(all.n_prompt, 30U);
  EXPECT_EQ(all.n_cached, 20U);
  EXPECT_EQ(all.cached_in, wire::PrefixTier::kDisk);
  EXPECT_EQ(all.n_generated, 10U);
  EXPECT_EQ(all.n_drafted, 2U);
  EXPECT_EQ(all.n_accepted, 1U);
  EXPECT_EQ(all.n_preempted, 1U);
  EXPECT_EQ(all.queue_us, 100U);
  EXPECT_EQ(all.prefill_us, 1000U);
  EXPECT_EQ(all.decode_us, 2060U - 1100U);
}

TEST(Timings, OfOneChoiceAreItsOwn) {
  const auto only = finished(wire::FinishReason::kStop).stats;
  EXPECT_EQ(timings_json(together({&only, 1}), card()), timings_json(only, card()));
}

TEST(ChatEvents, SendLogProbabilitiesWithTheTextTheyBelongTo) {
  const ChatEvents events(kHead, false);
  const wire::TokenProbabilities token{
      .chosen = {.token = 7, .bytes = "\xC3", .log_probability = -0.5F},
      .likeliest = {{.token = 7, .bytes = "\xC3", .log_probability = -0.5F},
                    {.token = 8, .bytes = "b", .log_probability = -std::numeric_limits<float>::infinity()}}};
  const Json with_text = Json::parse(events.deltas(0, {chat::ContentDelta{"a"}}, {token}).substr(6));
  const Json& choice = with_text["choices"][0];
  EXPECT_EQ(choice["delta"]["content"], "a");
  const Json& entry = choice["logprobs"]["content"][0];
  EXPECT_EQ(entry["token"], "\uFFFD");
  EXPECT_EQ(entry["bytes"], Json::parse("[195]"));
  EXPECT_FLOAT_EQ(entry["logprob"].get<float>(), -0.5F);
  ASSERT_EQ(entry["top_logprobs"].size(), 2U);
  EXPECT_EQ(entry["top_logprobs"][1]["logprob"], -9999.0F);
  // Text that is held back for a tool call's marker does not hold them back.
  const Json alone = Json::parse(events.deltas(0, {}, {token}).substr(6));
  EXPECT_TRUE(alone["choices"][0]["delta"].empty());
  EXPECT_EQ(alone["choices"][0]["logprobs"]["content"].size(), 1U);
}

}  // namespace
}  // namespace minerva::api::openai
