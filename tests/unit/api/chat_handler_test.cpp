// POST /v1/chat/completions from the client's bytes to the worker's messages and back.

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
using ::testing::StartsWith;
using std::chrono_literals::operator""ms;

constexpr const char* kHello =
    R"({"messages": [{"role": "user", "content": "Hello"}], "seed": 5, "max_tokens": 9})";
constexpr const char* kHelloStream =
    R"({"messages": [{"role": "user", "content": "Hello"}], "stream": true})";

wire::SequenceFinished finished(std::uint64_t id) {
  return {.id = id,
          .reason = wire::FinishReason::kStop,
          .stop_text = {},
          .stats = {.n_prompt = 3,
                    .n_cached = 1,
                    .n_generated = 2,
                    .queue_us = 0,
                    .prefill_us = 2000,
                    .decode_us = 1000}};
}

wire::SequenceText text(std::uint64_t id, std::string words) {
  return {.id = id, .tokens = {7}, .text = std::move(words), .probabilities = {}};
}

// The data of each event.
std::vector<std::string> events_of(const std::string& body) {
  std::vector<std::string> events;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = body.find("\n\n", at);
    if (end == std::string::npos) break;
    const std::string event = body.substr(at, end - at);
    if (event.starts_with("data: ")) events.push_back(event.substr(6));
    at = end + 2;
  }
  return events;
}

std::string header(const http::ClientResponse& response, std::string_view name) {
  return std::string(http::find_header(response.headers, name).value_or("(none)"));
}

// A clock and numbers that a test can write down.
StageOptions fixed() {
  StageOptions options;
  options.api.random = [count = std::make_shared<std::atomic<std::uint64_t>>(0x10)] { return (*count)++; };
  options.api.now = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)); };
  return options;
}

TEST(ChatHandler, CarriesARequestToTheWorkerAndItsAnswerBack) {
  ApiStage stage(fixed());
  auto answer = stage.chat(kHello);
  const wire::GenerationSpec spec = stage.next_submit();
  EXPECT_THAT(spec.prompt.text, HasSubstr("Hello"));
  EXPECT_EQ(spec.sampling.seed, 5U);
  EXPECT_EQ(spec.max_tokens, 9U);
  stage.report({wire::SequenceAccepted{.id = spec.id, .prompt = {1, 2, 3}}, text(spec.id, "Good "),
                text(spec.id, "day.")});
  stage.report({finished(spec.id)});
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(
      response.body,
      StartsWith(
          R"({"id":"chatcmpl-0000000000000011","object":"chat.completion","created":1700000000,"model":"demo","choices":[)"
          R"({"index":0,"message":{"role":"assistant","content":"Good day.","refusal":null},"logprobs":null,"finish_reason":"stop"}],)"
          R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}},"timings":{)"));
}

TEST(ChatHandler, StreamsEventsInTheOrderThatClientsExpect) {
  ApiStage stage(fixed());
  auto answer = stage.chat(kHelloStream);
  const std::uint64_t id = stage.next_submit().id;
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}, text(id, "Hi")});
  stage.report({finished(id)});
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(header(response, "cache-control"), "no-cache");
  const auto events = events_of(response.body);
  ASSERT_EQ(events.size(), 4U) << response.body;
  const std::string head =
      R"({"id":"chatcmpl-0000000000000011","object":"chat.completion.chunk","created":1700000000,"model":"demo","choices":[{"index":0,"delta":)";
  EXPECT_EQ(
      events[0],
      head + R"({"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(events[1], head + R"({"content":"Hi"},"logprobs":null,"finish_reason":null}]})");
  EXPECT_THAT(events[2],
              StartsWith(head + R"({},"logprobs":null,"finish_reason":"stop"}],"timings":{"cache_n":1,)"));
  EXPECT_EQ(events[3], "[DONE]");
}

TEST(ChatHandler, AnswersAPromptThatIsTooLongWithAStatusAndNotAStream) {
  ApiStage stage;
  auto answer = stage.chat(kHelloStream);
  const std::uint64_t id = stage.next_submit().id;
  const Error overflow{
      .code = ErrorCode::kContextOverflow, .message = "900 tokens, 512 fit", .field = "messages"};
  stage.report({wire::SequenceFailed{.id = id, .error = overflow}});
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(
      response.body,
      R"({"error":{"message":"900 tokens, 512 fit","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})");
}

TEST(ChatHandler, EndsAStreamWithOneErrorWhenNoWorkerCanGoOnWithIt) {
  ApiStage stage;
  auto answer = stage.chat(kHelloStream);
  const std::uint64_t id = stage.next_submit().id;
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}, text(id, "Hi")});
  stage.die();
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 200);
  const auto events = events_of(response.body);
  ASSERT_GE(events.size(), 2U);
  EXPECT_EQ(Json::parse(events.back())["error"]["code"], "internal");
  EXPECT_THAT(events, ::testing::Not(::testing::Contains("[DONE]")));
}

TEST(ChatHandler, TellsAWholeAnswerThatNoWorkerCanGoOnWithIt) {
  ApiStage stage;
  auto answer = stage.chat(kHello);
  const std::uint64_t id = stage.next_submit().id;
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}, text(id, "Hi")});
  stage.die();
  const http::ClientResponse response = answer.get();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(Json::parse(response.body)["error"]["code"], "internal");
}

TEST(ChatHandler, KeepsASilentStreamAwakeWithComments) {
  StageOptions options;
  options.api.keep_alive = 1ms;
  ApiStage stage(std::move(options));
  auto answer = stage.chat(kHelloStream);
  const std::uint64_t id = stage.next_submit().id;
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}});
  // Another whole request takes longer than the beat.
  while (answer.wait_for(20ms) != std::future_status::timeout) FAIL() << "the stream ended by itself";
  stage.report({text(id, "late")});
  stage.report({finished(id)});
  const std::string body = answer.get().body;
  EXPECT_THAT(body, HasSubstr("\n\n: keep-alive\n\n"));
  EXPECT_THAT(body, HasSubstr(R"("content":"late")"));
  EXPECT_EQ(events_of(body).back(), "[DONE]");
}

TEST(ChatHandler, CancelsTheGenerationOfAClientThatLeft) {
  for (const char* body : {kHello, kHelloStream}) {
    for (const bool accepted : {false, true}) {
      ApiStage stage;
      std::stop_source leave;
      auto answer = stage.chat(body, leave.get_token());
      const std::uint64_t id = stage.next_submit().id;
      if (accepted) stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}, text(id, "Hi")});
      leave.request_stop();
      EXPECT_EQ(stage.next_cancel(), id);
      EXPECT_EQ(answer.get().status, 0);
    }
  }
}

TEST(ChatHandler, RefusesWhatTheGatewayRefuses) {
  StageOptions options;
  options.max_queue = 0;
  ApiStage stage(std::move(options));
  const auto unknown =
      stage.chat(R"({"model": "other", "messages": [{"role": "user", "content": "x"}]})").get();
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(Json::parse(unknown.body)["error"]["param"], "model");

  auto running = stage.chat(kHello);
  const std::uint64_t id = stage.next_submit().id;
  const auto full = stage.chat(kHello).get();
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(Json::parse(full.body)["error"]["code"], "queue_full");
  EXPECT_NE(header(full, "retry-after"), "(none)");
  stage.report({wire::SequenceAccepted{.id = id, .prompt = {1}}});
  stage.report({finished(id)});
  EXPECT_EQ(running.get().status, 200);
}

http::ClientRequest chat_with_key(std::string key, std::string body) {
  return {.method = "POST",
          .target = "/v1/chat/completions",
          .headers = {{"x-api-key", std::move(key)}},
          .body = std::move(body)};
}

TEST(ChatHandler, MakesARequestTheKeysOwnAndLetsOnlySomeKeysSetPriorities) {
  constexpr const char* kUrgent = R"({"messages": [{"role": "user", "content": "x"}], "priority": 3})";
  StageOptions options;
  options.api.keys = {{.text = "plain"}, {.text = "urgent", .may_prioritize = true}};
  ApiStage stage(std::move(options));
  const auto refused = stage.begin(chat_with_key("plain", kUrgent)).get();
  EXPECT_EQ(refused.status, 403);
  const Json error = Json::parse(refused.body)["error"];
  EXPECT_EQ(error["code"], "forbidden");
  EXPECT_EQ(error["param"], "priority");

  auto answer = stage.begin(chat_with_key("urgent", kUrgent));
  const wire::GenerationSpec urgent = stage.next_submit();
  EXPECT_EQ(urgent.priority, 3);
  stage.report({wire::SequenceAccepted{.id = urgent.id, .prompt = {1}}, finished(urgent.id)});
  EXPECT_EQ(answer.get().status, 200);

  answer = stage.begin(chat_with_key("plain", kHello));
  const wire::GenerationSpec plain = stage.next_submit();
  EXPECT_NE(plain.tenant, 0U);
  EXPECT_NE(plain.tenant, urgent.tenant);
  EXPECT_EQ(plain.priority, 0);
  stage.report({wire::SequenceAccepted{.id = plain.id, .prompt = {1}}, finished(plain.id)});
  EXPECT_EQ(answer.get().status, 200);
}

TEST(ChatHandler, EndsARequestAtItsDeadlineWithWhatCameBefore) {
  ApiStage stage;
  auto unheard =
      stage.chat(R"({"messages": [{"role": "user", "content": "x"}], "timeout_ms": 1, "stream": true})");
  const std::uint64_t first = stage.next_submit().id;
  EXPECT_EQ(stage.next_cancel(), first);
  const auto refused = unheard.get();
  EXPECT_EQ(refused.status, 504);
  EXPECT_EQ(Json::parse(refused.body)["error"]["code"], "timeout");
  EXPECT_EQ(Json::parse(refused.body)["error"]["param"], "timeout_ms");

  auto cut =
      stage.chat(R"({"messages": [{"role": "user", "content": "x"}], "timeout_ms": 300, "stream": true})");
  const std::uint64_t second = stage.next_submit().id;
  stage.report({wire::SequenceAccepted{.id = second, .prompt = {1}}, text(second, "So far")});
  EXPECT_EQ(stage.next_cancel(), second);
  const auto partial = cut.get();
  EXPECT_EQ(partial.status, 200);
  const auto events = events_of(partial.body);
  EXPECT_THAT(partial.body, HasSubstr("So far"));
  EXPECT_EQ(Json::parse(events.back())["error"]["code"], "timeout");
}

TEST(ChatHandler, TellsAMistakeInTheBodyEvenWhileTheModelLoads) {
  StageOptions options;
  options.load = false;
  ApiStage stage(std::move(options));
  EXPECT_EQ(stage.chat("{}").get().status, 400);
  const auto early = stage.chat(kHello).get();
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(Json::parse(early.body)["error"]["code"], "not_ready");
  EXPECT_EQ(stage.get("/readyz").status, 503);
  EXPECT_EQ(Json::parse(stage.get("/health").body)["status"], "loading");
}

TEST(Routes, AskForAKeyEverywhereButAtTheProbes) {
  StageOptions options;
  options.api.keys = {{.text = "secret-key"}};
  ApiStage stage(std::move(options));
  EXPECT_EQ(stage.chat(kHello).get().status, 401);
  EXPECT_EQ(stage.get("/v1/models").status, 401);
  EXPECT_EQ(stage.get("/v1/models", {{"x-api-key", "secret-key"}}).status, 200);
  EXPECT_EQ(stage.get("/v1/models/demo", {{"authorization", "Bearer secret-key"}}).status, 200);
  EXPECT_EQ(stage.get("/version").status, 200);
  EXPECT_EQ(stage.get("/health").body, R"({"status":"ok"})");
  EXPECT_EQ(Json::parse(stage.get("/health", {{"x-api-key", "secret-key"}}).body)["worker"]["pid"], 4321);
}

TEST(Routes, NameThemselvesAndTheirModel) {
  ApiStage stage(fixed());
  EXPECT_EQ(Json::parse(stage.get("/").body)["model"], "demo");
  EXPECT_EQ(Json::parse(stage.get("/version").body)["engine"], "stage 1");
  const Json models = Json::parse(stage.get("/v1/models").body);
  EXPECT_EQ(models["data"][0]["id"], "demo");
  EXPECT_EQ(models["data"][0]["meta"]["name"], "Stage");
  const auto unknown = stage.get("/v1/models/org%2Fother");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("org/other"));
  EXPECT_EQ(stage.get("/v1/nothing").status, 404);
}

}  // namespace
}  // namespace minerva::api
