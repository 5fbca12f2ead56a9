#include "api/openai/chat_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "api/json_text.h"
#include "api/openai/chat_request.h"

namespace minerva::api::openai {
namespace {

using ::testing::HasSubstr;

std::string body_with(const std::string& extra) {
  return R"({"messages": [{"role": "user", "content": "Hi"}], )" + extra + "}";
}

std::string tool(const std::string& function) {
  return R"({"type": "function", "function": )" + function + "}";
}

std::string tools(const std::string& list) { return body_with(R"("tools": [)" + list + "]"); }

ChatRequest read(const std::string& body) {
  chat::schema::GrammarCache grammars;
  auto request = read_chat_request(body, 1, grammars);
  EXPECT_TRUE(request.has_value()) << request.error().message;
  return request.value_or(ChatRequest{});
}

TEST(ChatTools, ReachTheTemplateWithWhatItNeedsToKnow) {
  const ChatRequest request = read(tools(
      tool(
          R"({"strict": true, "name": "get_weather", "description": "Weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}, "x": 1})") +
      "," + tool(R"({"name": "now", "description": null, "parameters": null})")));
  EXPECT_EQ(
      request.render.tools,
      R"([{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}},)"
      R"({"type":"function","function":{"name":"now"}}])");
  EXPECT_EQ(request.tools.names, (std::vector<std::string>{"get_weather", "now"}));
  EXPECT_FALSE(request.tools.single);
}

TEST(ChatTools, AreLeftOutWhenNoneMayBeCalled) {
  const ChatRequest request =
      read(body_with(R"("tools": [)" + tool(R"({"name": "f"})") + R"(], "tool_choice": "none")"));
  EXPECT_EQ(request.render.tools, "");
  EXPECT_TRUE(request.tools.names.empty());
  EXPECT_EQ(read(body_with(R"("tools": [])")).render.tools, "");
  EXPECT_EQ(read(body_with(R"("tools": null, "tool_choice": null)")).render.tools, "");
}

TEST(ChatTools, MayBeCalledOneByOne) {
  const std::string offered = R"("tools": [)" + tool(R"({"name": "f"})") + R"(], "tool_choice": "auto")";
  EXPECT_TRUE(read(body_with(offered + R"(, "parallel_tool_calls": false)")).tools.single);
  EXPECT_FALSE(read(body_with(offered + R"(, "parallel_tool_calls": true)")).tools.single);
}

TEST(ChatTools, NameTheFieldThatIsWrong) {
  struct Bad {
    std::string body;
    std::string field;
    std::string words;
  };
  std::string many = tool(R"({"name": "f0"})");
  for (int i = 1; i <= 128; ++i) many += "," + tool(R"({"name": "f)" + std::to_string(i) + "\"}");
  const std::vector<Bad> all{
      {body_with(R"("tools": {})"), "tools", "must be an array"},
      {tools("5"), "tools[0]", "must be an object"},
      {tools("{}"), "tools[0].type", "is missing"},
      {tools(R"({"type": "custom", "custom": {"name": "x"}})"), "tools[0].type", "one of \"function\""},
      {tools(R"({"type": "function"})"), "tools[0].function", "is missing"},
      {tools(tool("[]")), "tools[0].function", "an object"},
      {tools(tool("{}")), "tools[0].function.name", "is missing"},
      {tools(tool(R"({"name": 5})")), "tools[0].function.name", "a string"},
      {tools(tool(R"({"name": "get weather"})")), "tools[0].function.name",
       "\"get weather\"; a name has 1 to 64 letters, digits, '_' and '-'"},
      {tools(tool(R"({"name": "wähle"})")), "tools[0].function.name", "letters"},
      {tools(tool(R"({"name": ")" + std::string(65, 'a') + "\"}")), "tools[0].function.name", "1 to 64"},
      {tools(tool(R"({"name": "f"})") + "," + tool(R"({"name": "f"})")), "tools[1].function.name",
       "as another tool's"},
      {tools(tool(R"({"name": "f", "description": 5})")), "tools[0].function.description", "a string"},
      {tools(tool(R"({"name": "f", "parameters": []})")), "tools[0].function.parameters", "an object"},
      {tools(tool(R"({"name": "f", "parameters": {"type": "array"}})")), "tools[0].function.parameters.type",
       "one of \"object\""},
      {tools(tool(R"({"name": "f", "strict": "yes"})")), "tools[0].function.strict", "true or false"},
      {tools(many), "tools", "tools has 129 entries; at most 128 are allowed"},
      {body_with(R"("tool_choice": "required")"), "tool_choice", "cannot be forced; send \"auto\""},
      {body_with(R"("tool_choice": {"type": "function", "function": {"name": "f"}})"), "tool_choice",
       "offer that tool alone in tools"},
      {body_with(R"("tool_choice": "any")"), "tool_choice",
       "must be \"auto\" or \"none\", but it is \"any\""},
      {body_with(R"("tool_choice": 5)"), "tool_choice", "but it is 5"},
      {body_with(R"("parallel_tool_calls": 1)"), "parallel_tool_calls", "true or false"},
      {body_with(R"("functions": [{"name": "f"}])"), "functions", "send them as tools"},
  };
  for (const Bad& bad : all) {
    chat::schema::GrammarCache grammars;
    const auto request = read_chat_request(bad.body, 1, grammars);
    ASSERT_FALSE(request.has_value()) << bad.body;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(request.error().field, bad.field) << bad.body;
    EXPECT_THAT(request.error().message, HasSubstr(bad.words)) << bad.body;
  }
}

}  // namespace
}  // namespace minerva::api::openai
