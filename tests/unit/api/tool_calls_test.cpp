// Tool calls from the worker's text to the client's bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <string>

#include "api/json_text.h"
#include "api_stage.h"

namespace minerva::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A request that offers one tool, with `extra` members.
std::string asking(const std::string& extra = "") {
  return R"({"messages": [{"role": "user", "content": "Weather?"}], "tools": [{"type": "function", "function": {"name": "look"}}])" +
         (extra.empty() ? "" : ", " + extra) + "}";
}

wire::SequenceText text(std::uint64_t id, std::string words, wire::Token token = 7) {
  return {.id = id, .tokens = {token}, .text = std::move(words), .probabilities = {}};
}

wire::SequenceFinished finished(std::uint64_t id, wire::FinishReason reason = wire::FinishReason::kStop) {
  return {.id = id, .reason = reason, .stop_text = {}, .stats = {.n_prompt = 3, .n_generated = 2}};
}

StageOptions fixed() {
  StageOptions options;
  options.api.random = [count = std::make_shared<std::atomic<std::uint64_t>>(0)] { return (*count)++; };
  return options;
}

// The answer to a request, of which the worker writes `pieces`.
std::string answer_to(ApiStage& stage, const std::string& body, const std::vector<std::string>& pieces,
                      wire::FinishReason reason = wire::FinishReason::kStop) {
  auto answer = stage.chat(body);
  const std::uint64_t id = stage.next_submit().id;
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1, 2, 3}}});
  for (const std::string& piece : pieces) stage.report({text(id, piece)});
  stage.report({finished(id, reason)});
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 200) << response.body;
  return response.body;
}

Json choice_of(const std::string& body) { return Json::parse(body)["choices"][0]; }

// The deltas of a stream, and the reason of its end.
std::vector<std::string> deltas_of(const std::string& body) {
  std::vector<std::string> deltas;
  for (std::size_t at = 0, end = 0; (end = body.find("\n\n", at)) != std::string::npos; at = end + 2) {
    const std::string event = body.substr(at, end - at);
    if (!event.starts_with("data: {")) continue;
    const Json choice = Json::parse(event.substr(6))["choices"][0];
    deltas.push_back(choice["finish_reason"].is_null() ? to_text(choice["delta"])
                                                       : to_text(choice["finish_reason"]));
  }
  return deltas;
}

const std::vector<std::string> kCall{"<tool_", "call>\n{\"name\": \"lo", "ok\", \"arguments\": {\"a",
                                     "t\": \"Oslo\"}", "}\n</tool_call>"};

TEST(ToolCalls, AreTheMessageOfAnAnswer) {
  ApiStage stage(fixed());
  const Json choice = choice_of(answer_to(stage, asking(), kCall));
  EXPECT_EQ(choice["finish_reason"], "tool_calls");
  EXPECT_TRUE(choice["message"]["content"].is_null());
  ASSERT_EQ(choice["message"]["tool_calls"].size(), 1U);
  const Json& call = choice["message"]["tool_calls"][0];
  EXPECT_EQ(call["type"], "function");
  EXPECT_EQ(call["function"]["name"], "look");
  EXPECT_EQ(call["function"]["arguments"], R"({"at": "Oslo"})");
  const auto id = call["id"].get<std::string>();
  EXPECT_TRUE(id.starts_with("call_"));
  EXPECT_EQ(id.size(), 29U);
}

TEST(ToolCalls, StandBesideText) {
  ApiStage stage(fixed());
  const Json choice = choice_of(answer_to(
      stage, asking(),
      {"I look.\n<tool_call>{\"name\": \"look\"}</tool_call><tool_call>{\"name\": \"look\"}</tool_call>"}));
  EXPECT_EQ(choice["message"]["content"], "I look.");
  ASSERT_EQ(choice["message"]["tool_calls"].size(), 2U);
  EXPECT_NE(choice["message"]["tool_calls"][0]["id"], choice["message"]["tool_calls"][1]["id"]);
}

TEST(ToolCalls, StreamNameFirstAndThenArguments) {
  ApiStage stage(fixed());
  const auto deltas = deltas_of(answer_to(stage, asking(R"("stream": true)"), kCall));
  ASSERT_GE(deltas.size(), 4U);
  EXPECT_EQ(deltas.front(), R"({"role":"assistant","content":null,"refusal":null})");
  const Json start = Json::parse(deltas[1])["tool_calls"][0];
  EXPECT_EQ(start["index"], 0);
  EXPECT_EQ(start["type"], "function");
  EXPECT_TRUE(start["id"].get<std::string>().starts_with("call_"));
  EXPECT_EQ(to_text(start["function"]), R"({"name":"look","arguments":""})");
  std::string arguments;
  for (std::size_t i = 2; i + 1 < deltas.size(); ++i) {
    const Json piece = Json::parse(deltas[i])["tool_calls"][0];
    EXPECT_EQ(piece["index"], 0);
    EXPECT_FALSE(piece.contains("id"));
    EXPECT_FALSE(piece["function"].contains("name"));
    arguments += piece["function"]["arguments"].get<std::string>();
  }
  EXPECT_EQ(arguments, R"({"at": "Oslo"})");
  EXPECT_EQ(deltas.back(), "\"tool_calls\"");
}

TEST(ToolCalls, ThatEndTheAnswerLeaveItsNumbersWhole) {
  ApiStage stage(fixed());
  auto answer = stage.chat(asking(R"("parallel_tool_calls": false)"));
  const std::uint64_t id = stage.next_submit().id;
  auto call = text(id, "<tool_call>{\"name\": \"look\"}</tool_call>");
  call.stats = {
      .n_prompt = 3, .n_cached = 2, .cached_in = wire::PrefixTier::kKv, .queue_us = 4000, .prefill_us = 7000};
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1, 2, 3}}, call});
  EXPECT_EQ(stage.next_cancel(), id);
  const Json body = Json::parse(answer.get().body);
  EXPECT_EQ(body["choices"][0]["finish_reason"], "tool_calls");
  EXPECT_EQ(
      to_text(body["usage"]),
      R"({"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":2}})");
  EXPECT_EQ(body["timings"]["cache_n"], 2);
  EXPECT_EQ(body["timings"]["cache_tier"], "kv");
  EXPECT_EQ(body["timings"]["queue_ms"], 4.0);
  EXPECT_EQ(body["timings"]["prompt_ms"], 7.0);
  const std::string metrics = stage.get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("minerva_prompt_tokens_cached_total 2\n"));
  EXPECT_THAT(metrics, HasSubstr("minerva_queue_seconds_count 1\n"));
}

TEST(ToolCalls, AreNotLookedForWhereNoToolIsOffered) {
  ApiStage stage(fixed());
  const std::string call = "<tool_call>{\"name\": \"look\"}</tool_call>";
  for (const std::string& body : {std::string(R"({"messages": [{"role": "user", "content": "x"}]})"),
                                  asking(R"("tool_choice": "none")")}) {
    const Json choice = choice_of(answer_to(stage, body, {call}));
    EXPECT_EQ(choice["message"]["content"], call);
    EXPECT_FALSE(choice["message"].contains("tool_calls"));
    EXPECT_EQ(choice["finish_reason"], "stop");
  }
}

TEST(ToolCalls, ThatAreNoneComeAsText) {
  ApiStage stage(fixed());
  const Json choice = choice_of(answer_to(stage, asking(), {"<tool_call>\nnothing", "\n</tool_call>"}));
  EXPECT_EQ(choice["message"]["content"], "<tool_call>\nnothing\n</tool_call>");
  EXPECT_EQ(choice["finish_reason"], "stop");
  const auto deltas = deltas_of(answer_to(stage, asking(R"("stream": true)"), {"a <", "b"}));
  std::string content;
  for (std::size_t i = 1; i + 1 < deltas.size(); ++i)
    content += Json::parse(deltas[i])["content"].get<std::string>();
  EXPECT_EQ(content, "a <b");
  EXPECT_EQ(deltas.back(), "\"stop\"");
}

TEST(ToolCalls, ThatBreakOffAtTheLimitSaySo) {
  ApiStage stage(fixed());
  const Json choice =
      choice_of(answer_to(stage, asking(), {"<tool_call>{\"name\": \"look\", \"arguments\": {\"at\": \"O"},
                          wire::FinishReason::kLength));
  EXPECT_EQ(choice["finish_reason"], "length");
  EXPECT_EQ(choice["message"]["tool_calls"][0]["function"]["arguments"], R"({"at": "O)");
}

TEST(ToolCalls, EndTheAnswerAfterOneWhenTheyMayNotBeParallel) {
  for (const char* stream : {"false", "true"}) {
    ApiStage stage(fixed());
    auto answer = stage.chat(
        asking(R"("parallel_tool_calls": false, "stream_options": {"include_usage": true}, "stream": )" +
               std::string(stream)));
    const std::uint64_t id = stage.next_submit().id;
    stage.report({wire::SequenceAccepted{.id = id, .prompt = {1, 2, 3}},
                  text(id,
                       "<tool_call>{\"name\": \"look\", \"arguments\": "
                       "{}}</tool_call>\n<tool_call>{\"name\": \"look\"")});
    EXPECT_EQ(stage.next_cancel(), id);
    const std::string body = answer.get().body;
    EXPECT_THAT(body, HasSubstr(R"("name":"look")"));
    EXPECT_THAT(body, HasSubstr(R"("finish_reason":"tool_calls")"));
    EXPECT_THAT(body, HasSubstr(R"("usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4)"));
    EXPECT_EQ(body.find("\"id\":\"call_"), body.rfind("\"id\":\"call_")) << body;
  }
}

TEST(ToolCalls, ReachThePromptWithTheirResults) {
  ApiStage stage(fixed());
  auto answer = stage.chat(R"({"messages": [{"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": \"Oslo\"}"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "rain"}],
    "tools": [{"type": "function", "function": {"name": "look"}}]})");
  const wire::GenerationSpec spec = stage.next_submit();
  EXPECT_THAT(spec.prompt.text, HasSubstr(R"("name":"look")"));
  EXPECT_THAT(
      spec.prompt.text,
      HasSubstr("<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"Oslo\"}}\n</tool_call>"));
  EXPECT_THAT(spec.prompt.text, HasSubstr("<tool_response>\nrain\n</tool_response>"));
  stage.report({wire::SequenceAccepted{.id = spec.id, .prompt = {1}}, text(spec.id, "Rain.")});
  stage.report({finished(spec.id)});
  EXPECT_EQ(choice_of(answer.get().body)["message"]["content"], "Rain.");
}

// Mistral's marker is a control token, whose text the worker leaves out.
TEST(ToolCalls, AreSeenBehindControlTokensWhichNeverShow) {
  StageOptions options = fixed();
  options.chat_template =
      "{% for m in messages %}{% if m.tool_calls %}[TOOL_CALLS][{% for c in m.tool_calls %}{{ c.function | "
      "tojson }}"
      "{% if not loop.last %}, {% endif %}{% endfor %}]</s>{% elif m.role == 'assistant' %}{{ m.content "
      "}}</s>"
      "{% else %}[INST]{{ tools | tojson }}{{ m.content }}[/INST]{% endif %}{% endfor %}";
  options.control_tokens = {{.token = 5, .text = "[TOOL_CALLS]"}, {.token = 6, .text = "[INST]"}};
  ApiStage stage(options);
  const auto answer_of = [&stage](const std::string& body) {
    auto answer = stage.chat(body);
    const std::uint64_t id = stage.next_submit().id;
    stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}, text(id, "", 6), text(id, "", 5),
                  text(id, "[{\"name\": \"look\", \"arguments\": {}}]")});
    stage.report({finished(id)});
    return choice_of(answer.get().body)["message"];
  };
  const Json with_tools = answer_of(asking());
  EXPECT_TRUE(with_tools["content"].is_null()) << with_tools;
  ASSERT_TRUE(with_tools.contains("tool_calls"));
  EXPECT_EQ(with_tools["tool_calls"][0]["function"]["name"], "look");
  const Json without = answer_of(R"({"messages": [{"role": "user", "content": "x"}]})");
  EXPECT_EQ(without["content"], "[{\"name\": \"look\", \"arguments\": {}}]");
}

}  // namespace
}  // namespace minerva::api
