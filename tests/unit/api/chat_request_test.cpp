#include "api/openai/chat_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "api/json_text.h"
#include "api/openai/chat_messages.h"
#include "api/sampling_fields.h"

namespace minerva::api::openai {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kRandom = 4711;

// A good body with `extra` members put in.
std::string body_with(const std::string& extra) {
  return R"({"messages": [{"role": "user", "content": "Hi"}])" + (extra.empty() ? "" : ", " + extra) + "}";
}

std::string body_with_messages(const std::string& messages) { return R"({"messages": )" + messages + "}"; }

ChatRequest read(const std::string& body) {
  chat::schema::GrammarCache grammars;
  auto request = read_chat_request(body, kRandom, grammars);
  EXPECT_TRUE(request.has_value()) << request.error().message;
  return request.value_or(ChatRequest{});
}

struct BadBody {
  std::string body;
  std::string field;
  std::string words;  // part of the message
};

void expect_refused(const std::vector<BadBody>& bodies) {
  chat::schema::GrammarCache grammars;
  for (const BadBody& bad : bodies) {
    const auto request = read_chat_request(bad.body, kRandom, grammars);
    ASSERT_FALSE(request.has_value()) << bad.body;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalidRequest) << bad.body;
    EXPECT_EQ(request.error().field, bad.field) << bad.body;
    EXPECT_THAT(request.error().message, HasSubstr(bad.words)) << bad.body;
  }
}

TEST(ChatRequest, RefusesABodyThatIsNoObject) {
  expect_refused({{"[]", "", "the body must be an object, but it is []"},
                  {"\"hello\"", "", "the body must be an object"},
                  {"not json", "", "line 1, column 1"}});
}

TEST(ChatRequest, NamesTheFieldWithAWrongTypeOrOutOfRange) {
  expect_refused({
      {body_with(R"("temperature": "hot")"), "temperature",
       "temperature must be a number from 0 to 2, but it is \"hot\""},
      {body_with(R"("temperature": 2.1)"), "temperature", "from 0 to 2, but it is 2.1"},
      {body_with(R"("temperature": -0.1)"), "temperature", "from 0 to 2, but it is -0.1"},
      {body_with(R"("top_p": 1.5)"), "top_p", "from 0 to 1"},
      {body_with(R"("top_k": 1.5)"), "top_k",
       "top_k must be an integer from -1 to 2147483647, but it is 1.5"},
      {body_with(R"("min_p": true)"), "min_p", "a number from 0 to 1, but it is true"},
      {body_with(R"("typical_p": 2)"), "typical_p", "from 0 to 1"},
      {body_with(R"("repeat_penalty": 0)"), "repeat_penalty", "from 0.01 to 10"},
      {body_with(R"("repeat_last_n": -2)"), "repeat_last_n", "an integer"},
      {body_with(R"("presence_penalty": 3)"), "presence_penalty", "from -2 to 2"},
      {body_with(R"("frequency_penalty": -3)"), "frequency_penalty", "from -2 to 2"},
      {body_with(R"("seed": 1.5)"), "seed", "a 64-bit integer, but it is 1.5"},
      {body_with(R"("seed": "7")"), "seed", "a 64-bit integer"},
      {body_with(R"("max_tokens": 0)"), "max_tokens", "at least 1, but it is 0"},
      {body_with(R"("max_completion_tokens": -5)"), "max_completion_tokens", "but it is -5"},
      {body_with(R"("max_tokens": 99999999999999999999)"), "max_tokens", "an integer"},
      {body_with(R"("max_tokens": "5")"), "max_tokens", "an integer"},
      {body_with(R"("stop": 5)"), "stop", "a string or an array of strings, but it is 5"},
      {body_with(R"("stop": "")"), "stop", "from 1 to 1024 bytes, but it has 0"},
      {body_with(R"("stop": ["a", ""])"), "stop[1]", "it has 0"},
      {body_with(R"("stop": ["a", 5])"), "stop[1]", "stop[1] must be a string, but it is 5"},
      {body_with(R"("stop": ")" + std::string(kMaxStopBytes + 1, 'x') + "\""), "stop", "1025"},
      {body_with(R"("stop": [)" + std::string("\"a\"") +
                 [] {
                   std::string more;
                   for (std::size_t i = 0; i < kMaxStopStrings; ++i) more += ",\"b\"";
                   return more;
                 }() +
                 "]"),
       "stop", "stop has 17 strings; at most 16 are allowed"},
      {body_with(R"("ignore_eos": 1)"), "ignore_eos", "true or false, but it is 1"},
      {body_with(R"("logit_bias": 5)"), "logit_bias", "an object"},
      {body_with(R"("logit_bias": [[5]])"), "logit_bias[0]", "a pair"},
      {body_with(R"("logit_bias": [[5, 1], [-2, 1]])"), "logit_bias[1].token", "from 0"},
      {body_with(R"("logit_bias": [[5, true]])"), "logit_bias[0].bias", "but it is true"},
      {body_with(R"("logit_bias": {"x": 1})"), "logit_bias.x", "no token id"},
      {body_with(R"("logit_bias": {"-5": 1})"), "logit_bias.-5", "no token id"},
      {body_with(R"("logit_bias": {"5": 101})"), "logit_bias.5", "from -100 to 100, but it is 101"},
      {body_with(R"("logit_bias": {"5": null})"), "logit_bias.5", "from -100 to 100, but it is null"},
      {body_with(R"("stream": "yes")"), "stream", "true or false"},
      {body_with(R"("stream_options": true)"), "stream_options", "an object"},
      {body_with(R"("stream_options": {"include_usage": "yes"})"), "stream_options.include_usage",
       "true or false"},
      {body_with(R"("model": 5)"), "model", "model must be a string, but it is 5"},
      {body_with(R"("chat_template_kwargs": "x")"), "chat_template_kwargs", "an object"},
      {body_with(R"("reasoning_effort": "huge")"), "reasoning_effort", "one of \"none\", \"minimal\""},
  });
}

TEST(ChatRequest, RefusesWhatItCannotHonour) {
  expect_refused({
      {body_with(R"("n": 0)"), "n", "n must be an integer from 1 to 128, but it is 0"},
      {body_with(R"("n": 129)"), "n", "from 1 to 128, but it is 129"},
      {body_with(R"("n": "2")"), "n", "an integer"},
      {body_with(R"("top_logprobs": 3)"), "top_logprobs", "needs logprobs"},
      {body_with(R"("logprobs": true, "top_logprobs": 21)"), "top_logprobs", "20"},
      {body_with(R"("response_format": {"type": "xml"})"), "response_format.type", "must be one of"},
      {body_with(R"("response_format": {})"), "response_format.type", "is missing"},
      {body_with(R"("response_format": "text")"), "response_format", "an object"},
      {body_with(R"("functions": [{"name": "f"}])"), "functions", "functions are not supported"},
      {body_with(R"("modalities": ["text", "audio"])"), "modalities", "not supported"},
      {body_with(R"("audio": {"voice": "x"})"), "audio", "leave it out"},
  });
}

TEST(ChatRequest, AcceptsUnsupportedFieldsThatAskForNothing) {
  read(body_with(
      R"("n": 1, "logprobs": false, "top_logprobs": 0, "response_format": {"type": "text"}, "tools": [],
      "modalities": ["text"], "audio": null, "grammar": "", "mirostat": 0, "dry_multiplier": 0.0, "functions": [])"));
  read(body_with(R"("functions": [{"name": "f"}], "function_call": "none")"));
}

TEST(ChatRequest, IgnoresFieldsItDoesNotKnow) {
  read(body_with(
      R"("user": "u", "metadata": {"a": "b"}, "store": true, "service_tier": "auto", "parallel_tool_calls": true,
      "safety_identifier": "x", "verbosity": "low", "prediction": {"type": "content", "content": "x"}, "invented": [1, {}])"));
}

TEST(ChatRequest, NamesWhatIsWrongWithMessages) {
  const auto user = [](const std::string& rest) {
    return body_with_messages(R"([{"role": "user")" + rest + "}]");
  };
  expect_refused({
      {"{}", "messages", "messages is missing"},
      {R"({"messages": null})", "messages", "messages is missing"},
      {body_with_messages("[]"), "messages", "messages is empty"},
      {body_with_messages(R"("hi")"), "messages", "messages must be an array, but it is \"hi\""},
      {body_with_messages(R"(["hi"])"), "messages[0]", "messages[0] must be an object"},
      {body_with_messages(R"([{"content": "hi"}])"), "messages[0].role", "messages[0].role is missing"},
      {body_with_messages(R"([{"role": "user", "content": "a"}, {"role": "robot", "content": "hi"}])"),
       "messages[1].role",
       "messages[1].role must be one of \"system\", \"developer\", \"user\", \"assistant\", \"tool\", but it "
       "is \"robot\""},
      {body_with_messages(R"([{"role": 5, "content": "hi"}])"), "messages[0].role", "but it is 5"},
      {user(""), "messages[0].content", "messages[0].content is missing"},
      {user(R"(, "content": null)"), "messages[0].content", "is missing"},
      {user(R"(, "content": 5)"), "messages[0].content", "a string or an array of text parts, but it is 5"},
      {user(R"(, "content": [])"), "messages[0].content", "empty array"},
      {user(R"(, "content": ["hi"])"), "messages[0].content[0]", "must be an object"},
      {user(R"(, "content": [{"text": "hi"}])"), "messages[0].content[0].type", "is missing"},
      {user(R"(, "content": [{"type": "text"}])"), "messages[0].content[0].text", "is missing"},
      {user(R"(, "content": [{"type": "text", "text": 5}])"), "messages[0].content[0].text", "a string"},
      {user(
           R"(, "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}])"),
       "messages[0].content[1].type", "is \"image_url\", but this model reads text only"},
      {user(R"(, "content": "a", "name": 5)"), "messages[0].name", "a string"},
      {body_with_messages(R"([{"role": "assistant"}])"), "messages[0].content", "is missing"},
      {body_with_messages(R"([{"role": "assistant", "function_call": {"name": "f"}}])"),
       "messages[0].function_call", "tool_calls"},
      {body_with_messages(R"([{"role": "assistant", "tool_calls": [{"id": "1", "type": "function"}]}])"),
       "messages[0].tool_calls[0].function", "is missing"},
      {body_with_messages(R"([{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}])"),
       "messages[0].tool_calls[0].function.name", "is missing"},
      {body_with_messages(R"([{"role": "assistant", "tool_calls": [{"type": "custom"}]}])"),
       "messages[0].tool_calls[0].type", "one of"},
      {body_with_messages(R"([{"role": "tool", "content": "x", "tool_call_id": 5}])"),
       "messages[0].tool_call_id", "a string"},
  });
}

TEST(ChatRequest, RefusesMoreMessagesThanAnyConversationHas) {
  std::string many = "[";
  for (std::size_t i = 0; i <= kMaxMessages; ++i)
    many += i == 0 ? R"({"role":"user","content":""})" : R"(,{"role":"user","content":""})";
  expect_refused({{body_with_messages(many + "]"), "messages",
                   "messages has 10001 entries; at most 10000 are allowed"}});
}

TEST(ChatRequest, ReadsAConversationOfEveryRole) {
  const ChatRequest request = read(body_with_messages(R"([
      {"role": "developer", "content": "Be brief."},
      {"role": "user", "content": [{"type": "text", "text": "Wea"}, {"type": "text", "text": "ther?"}], "name": "ann"},
      {"role": "assistant", "content": null, "reasoning_content": "Look it up.",
       "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"at\": \"Oslo\"}"}}]},
      {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
      {"role": "assistant", "refusal": "No."}])"));
  const auto& messages = request.conversation.messages;
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[0].role, chat::Role::kDeveloper);
  EXPECT_EQ(messages[0].content, "Be brief.");
  EXPECT_EQ(messages[1].content, "Weather?");
  EXPECT_EQ(messages[1].name, "ann");
  EXPECT_EQ(messages[2].reasoning_content, "Look it up.");
  ASSERT_EQ(messages[2].tool_calls.size(), 1U);
  EXPECT_EQ(messages[2].tool_calls[0].id, "call_1");
  EXPECT_EQ(messages[2].tool_calls[0].name, "weather");
  EXPECT_EQ(messages[2].tool_calls[0].arguments, R"({"at": "Oslo"})");
  EXPECT_EQ(messages[3].tool_call_id, "call_1");
  EXPECT_EQ(messages[4].content, "No.");
}

TEST(ChatRequest, CarriesEverythingThatShapesTheAnswer) {
  const ChatRequest request =
      read(body_with(R"("model": "m", "temperature": 0, "max_completion_tokens": 12, "stop": ["a", "b"],
      "seed": 5, "ignore_eos": true, "stream": true, "stream_options": {"include_usage": true})"));
  EXPECT_EQ(request.generation.model, "m");
  EXPECT_FLOAT_EQ(request.generation.sampling.temperature, 0.0F);
  EXPECT_EQ(request.generation.sampling.seed, 5U);
  EXPECT_EQ(request.generation.max_tokens, 12U);
  EXPECT_EQ(request.generation.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(request.generation.ignore_eos);
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
}

TEST(ChatRequest, LeavesTheDefaultsToTheHouse) {
  const ChatRequest request = read(body_with(""));
  EXPECT_EQ(request.generation.model, "");
  EXPECT_EQ(request.generation.sampling.seed, kRandom);
  EXPECT_EQ(request.generation.max_tokens, 0U);
  EXPECT_FALSE(request.stream);
  EXPECT_FALSE(request.include_usage);
  EXPECT_FALSE(request.render.enable_thinking.has_value());
  EXPECT_EQ(request.render.template_kwargs, "");
}

TEST(ChatRequest, HandsTemplateVariablesThrough) {
  EXPECT_EQ(read(body_with(R"("chat_template_kwargs": {"enable_thinking": false, "x": [1]})"))
                .render.template_kwargs,
            R"({"enable_thinking":false,"x":[1]})");
  EXPECT_EQ(read(body_with(R"("reasoning_effort": "low")")).render.template_kwargs,
            R"({"reasoning_effort":"low"})");
  EXPECT_EQ(read(body_with(R"("reasoning_effort": "none")")).render.enable_thinking, false);
  const ChatRequest both =
      read(body_with(R"("reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": true})"));
  EXPECT_FALSE(both.render.enable_thinking.has_value());
}

}  // namespace
}  // namespace minerva::api::openai
