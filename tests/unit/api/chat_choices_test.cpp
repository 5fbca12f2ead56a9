// POST /v1/chat/completions with `n` choices, from the client's bytes to the worker's messages and back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "api/json_text.h"
#include "api_stage.h"

namespace minerva::api {
namespace {

using Ids = std::vector<std::uint64_t>;

std::string asking(int n, const std::string& extra = "") {
  return R"({"messages": [{"role": "user", "content": "Hello"}], "seed": 5, "n": )" + std::to_string(n) +
         (extra.empty() ? "" : ", " + extra) + "}";
}

wire::SequenceText text(std::uint64_t id, std::string words) {
  return {.id = id, .tokens = {7}, .text = std::move(words), .probabilities = {}};
}

// The first choice computes the prompt, which the others find.
wire::SequenceFinished finished(std::uint64_t id, bool is_first,
                                wire::FinishReason reason = wire::FinishReason::kStop) {
  return {.id = id,
          .reason = reason,
          .stop_text = {},
          .stats = {.n_prompt = 40,
                    .n_cached = is_first ? 8U : 39U,
                    .n_generated = 3,
                    .queue_us = is_first ? 0U : 2000U,
                    .prefill_us = is_first ? 2000U : 100U,
                    .decode_us = 1000}};
}

wire::SequenceFailed failed(std::uint64_t id) {
  return {.id = id,
          .error = {.code = ErrorCode::kSamplingFailed, .message = "no token is left", .field = {}}};
}

// The worker takes the choices of one request.
Ids take(ApiStage& stage, int n) {
  Ids ids;
  std::vector<wire::SequenceEvent> accepted;
  for (int i = 0; i < n; ++i) {
    ids.push_back(stage.next_submit().id);
    accepted.emplace_back(wire::SequenceAccepted{.id = ids.back(), .prompt = {1, 2, 3}});
  }
  stage.report(std::move(accepted));
  return ids;
}

// The data of each event; "[DONE]" as a string.
std::vector<Json> events_of(const std::string& body) {
  std::vector<Json> events;
  for (std::size_t at = 0, end = 0; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2) {
    const std::string event = body.substr(at, end - at);
    if (!event.starts_with("data: ")) continue;
    const std::string data = event.substr(6);
    events.push_back(data == "[DONE]" ? Json(data) : Json::parse(data));
  }
  return events;
}

// What the stream says of one choice.
struct Told {
  int n_roles = 0;
  std::string content;
  std::vector<std::string> reasons;
};

Told told_of(const std::vector<Json>& events, int index) {
  Told told;
  for (const Json& event : events) {
    if (!event.is_object() || !event.contains("choices") || event["choices"].empty()) continue;
    const Json& choice = event["choices"][0];
    if (choice["index"] != index) continue;
    if (choice["delta"].contains("role")) ++told.n_roles;
    if (choice["delta"].contains("content") && choice["delta"]["content"].is_string())
      told.content += choice["delta"]["content"].get<std::string>();
    if (choice["finish_reason"].is_string()) told.reasons.push_back(choice["finish_reason"]);
  }
  return told;
}

TEST(ChatChoices, AreGenerationsOfOnePromptWithSeedsOfTheirOwn) {
  ApiStage stage;
  auto answer = stage.chat(asking(3, R"("max_tokens": 9, "stop": ["x"], "logprobs": true)"));
  std::vector<wire::GenerationSpec> specs;
  for (int i = 0; i < 3; ++i) specs.push_back(stage.next_submit());
  EXPECT_EQ(specs[0].sampling.seed, 5U);
  EXPECT_NE(specs[1].sampling.seed, 5U);
  EXPECT_NE(specs[1].sampling.seed, specs[2].sampling.seed);
  for (const auto& spec : specs) {
    EXPECT_EQ(spec.prompt.text, specs[0].prompt.text);
    EXPECT_EQ(spec.max_tokens, 9U);
    EXPECT_EQ(spec.stop, std::vector<std::string>{"x"});
    EXPECT_EQ(spec.sampling.n_probs, 0);
    stage.report({wire::SequenceAccepted{.id = spec.id, .prompt = {1}}});
    stage.report({finished(spec.id, false)});
  }
  EXPECT_EQ(answer.get().status, 200);
  auto again = stage.chat(asking(3));
  for (const auto& spec : specs) {
    const auto repeated = stage.next_submit();
    EXPECT_EQ(repeated.sampling.seed, spec.sampling.seed);
    stage.report({wire::SequenceAccepted{.id = repeated.id, .prompt = {1}}, finished(repeated.id, false)});
  }
  EXPECT_EQ(again.get().status, 200);
}

TEST(ChatChoices, ComeInOrderWithOneUsage) {
  ApiStage stage;
  auto answer = stage.chat(asking(3, R"("logprobs": true)"));
  const Ids ids = take(stage, 3);
  wire::SequenceText likely = text(ids[1], "two ");
  likely.probabilities = {
      {.chosen = {.token = 7, .bytes = "two ", .log_probability = -0.5F}, .likeliest = {}}};
  stage.report({text(ids[2], "three"), std::move(likely), text(ids[0], "one")});
  stage.report({finished(ids[2], false, wire::FinishReason::kLength), text(ids[1], "more")});
  stage.report({finished(ids[0], true), finished(ids[1], false)});
  const http::ClientResponse response = answer.get();
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = Json::parse(response.body);
  ASSERT_EQ(body["choices"].size(), 3U);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"one", "stop"}, {"two more", "stop"}, {"three", "length"}};
  for (std::size_t i = 0; i < 3; ++i) {
    const Json& choice = body["choices"][i];
    EXPECT_EQ(choice["index"], i);
    EXPECT_EQ(choice["message"]["content"], expected[i].first);
    EXPECT_EQ(choice["finish_reason"], expected[i].second);
  }
  EXPECT_TRUE(body["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(body["choices"][1]["logprobs"]["content"][0]["token"], "two ");
  EXPECT_EQ(
      to_text(body["usage"]),
      R"({"prompt_tokens":40,"completion_tokens":9,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":8}})");
  const Json& timings = body["timings"];
  EXPECT_EQ(timings["prompt_n"], 32 + 1 + 1);
  EXPECT_EQ(timings["cache_n"], 8 + 39 + 39);
  EXPECT_EQ(timings["predicted_n"], 9);
  EXPECT_EQ(timings["prompt_ms"], 2.0);
  EXPECT_EQ(timings["predicted_ms"], 1.1);
}

TEST(ChatChoices, StreamSideBySideWithOneUsageAndOneEnd) {
  ApiStage stage;
  auto answer = stage.chat(asking(2, R"("stream": true, "stream_options": {"include_usage": true})"));
  const Ids ids = take(stage, 2);
  stage.report({text(ids[0], "a"), text(ids[1], "x")});
  stage.report({text(ids[1], "y"), finished(ids[1], false, wire::FinishReason::kLength)});
  stage.report({text(ids[0], "b"), finished(ids[0], true)});
  const auto events = events_of(answer.get().body);
  ASSERT_GE(events.size(), 4U);
  for (const int index : {0, 1}) {
    const Told told = told_of(events, index);
    EXPECT_EQ(told.n_roles, 1);
    EXPECT_EQ(told.content, index == 0 ? "ab" : "xy");
    EXPECT_EQ(told.reasons, std::vector<std::string>{index == 0 ? "stop" : "length"});
    EXPECT_TRUE(events[static_cast<std::size_t>(index)]["choices"][0]["delta"].contains("role"));
  }
  int n_usages = 0;
  int n_timings = 0;
  int n_ends = 0;
  for (const Json& event : events) {
    n_ends += event == "[DONE]" ? 1 : 0;
    if (!event.is_object()) continue;
    EXPECT_EQ(event["id"], events[0]["id"]);
    n_usages += event["usage"].is_object() ? 1 : 0;
    n_timings += event.contains("timings") ? 1 : 0;
  }
  EXPECT_EQ(n_usages, 1);
  EXPECT_EQ(n_timings, 1);
  EXPECT_EQ(n_ends, 1);
  EXPECT_EQ(events.back(), "[DONE]");
  const Json& usage = events[events.size() - 2];
  EXPECT_TRUE(usage["choices"].empty());
  EXPECT_EQ(usage["usage"]["completion_tokens"], 6);
  EXPECT_TRUE(events[events.size() - 3].contains("timings"));
}

TEST(ChatChoices, FailTogetherAsAWholeAnswer) {
  ApiStage stage;
  auto answer = stage.chat(asking(3));
  const Ids ids = take(stage, 3);
  stage.report({text(ids[0], "one"), finished(ids[2], false), failed(ids[1])});
  EXPECT_EQ(stage.next_cancel(), ids[0]);
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(Json::parse(response.body)["error"]["code"], "sampling_failed");
}

TEST(ChatChoices, FailTogetherAsAStreamWithOneErrorAtItsEnd) {
  ApiStage stage;
  auto answer = stage.chat(asking(3, R"("stream": true)"));
  const Ids ids = take(stage, 3);
  stage.report({text(ids[0], "one"), failed(ids[1])});
  EXPECT_EQ(stage.next_cancel(), ids[0]);
  EXPECT_EQ(stage.next_cancel(), ids[2]);
  const auto events = events_of(answer.get().body);
  EXPECT_EQ(told_of(events, 0).content, "one");
  EXPECT_EQ(events.back()["error"]["code"], "sampling_failed");
  int n_errors = 0;
  for (const Json& event : events) n_errors += event.is_object() && event.contains("error") ? 1 : 0;
  EXPECT_EQ(n_errors, 1);
}

TEST(ChatChoices, AreRefusedTogetherBeforeTheyBegin) {
  ApiStage stage;
  auto answer = stage.chat(asking(2, R"("stream": true)"));
  const std::uint64_t first = stage.next_submit().id;
  const std::uint64_t second = stage.next_submit().id;
  const Error overflow{
      .code = ErrorCode::kContextOverflow, .message = "900 tokens, 512 fit", .field = "messages"};
  stage.report({wire::SequenceFailed{.id = first, .error = overflow},
                wire::SequenceFailed{.id = second, .error = overflow}});
  EXPECT_EQ(answer.get().status, 400);
}

TEST(ChatChoices, AreCancelledTogetherWhenTheClientLeaves) {
  for (const bool streams : {false, true}) {
    ApiStage stage;
    std::stop_source leave;
    auto answer = stage.chat(asking(3, streams ? R"("stream": true)" : ""), leave.get_token());
    const Ids ids = take(stage, 3);
    leave.request_stop();
    for (const std::uint64_t id : ids) EXPECT_EQ(stage.next_cancel(), id);
    EXPECT_EQ(answer.get().status, 0);
  }
}

TEST(ChatChoices, EnterTheQueueAllOrNone) {
  StageOptions options;
  options.max_queue = 2;  // and one runs
  ApiStage stage(std::move(options));
  const auto never = stage.chat(asking(4)).get();
  EXPECT_EQ(never.status, 400);
  EXPECT_EQ(Json::parse(never.body)["error"]["param"], "n");

  auto running = stage.chat(asking(2));
  const Ids ids = take(stage, 2);
  const auto full = stage.chat(asking(2)).get();
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(Json::parse(full.body)["error"]["code"], "queue_full");

  // Nothing of what was refused has taken a place.
  auto last = stage.chat(asking(1));
  const Ids last_ids = take(stage, 1);
  for (const std::uint64_t id : {ids[0], ids[1], last_ids[0]}) stage.report({finished(id, true)});
  EXPECT_EQ(running.get().status, 200);
  EXPECT_EQ(last.get().status, 200);
}

TEST(ChatChoices, HaveCallsOfTheirOwn) {
  const std::string call = "<tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call>";
  for (const bool streams : {false, true}) {
    ApiStage stage;
    auto answer = stage.chat(asking(
        2, R"("parallel_tool_calls": false, "tools": [{"type": "function", "function": {"name": "look"}}])" +
               std::string(streams ? R"(, "stream": true)" : "")));
    const Ids ids = take(stage, 2);
    stage.report({text(ids[1], call), text(ids[0], "no ")});
    // The one with its call is done; the other goes on.
    EXPECT_EQ(stage.next_cancel(), ids[1]);
    stage.report({text(ids[0], "call"), finished(ids[0], true)});
    const std::string body = answer.get().body;
    if (streams) {
      const auto events = events_of(body);
      EXPECT_EQ(told_of(events, 0).content, "no call");
      EXPECT_EQ(told_of(events, 0).reasons, std::vector<std::string>{"stop"});
      EXPECT_EQ(told_of(events, 1).reasons, std::vector<std::string>{"tool_calls"});
    } else {
      const Json choices = Json::parse(body)["choices"];
      EXPECT_EQ(choices[0]["message"]["content"], "no call");
      EXPECT_EQ(choices[0]["finish_reason"], "stop");
      EXPECT_EQ(choices[1]["message"]["tool_calls"][0]["function"]["name"], "look");
      EXPECT_EQ(choices[1]["finish_reason"], "tool_calls");
    }
  }
}

}  // namespace
}  // namespace minerva::api
