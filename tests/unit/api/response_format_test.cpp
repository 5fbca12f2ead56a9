#include "api/response_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/openai/chat_request.h"

namespace minerva::api::openai {
namespace {

using ::testing::HasSubstr;

Result<ChatRequest> read(const std::string& extra, chat::schema::GrammarCache& grammars) {
  return read_chat_request(R"({"messages": [{"role": "user", "content": "Hi"}], )" + extra + "}", 1,
                           grammars);
}

std::string grammar_of(const std::string& extra) {
  chat::schema::GrammarCache grammars;
  const auto request = read(extra, grammars);
  EXPECT_TRUE(request) << request.error().message;
  return request ? request->generation.sampling.grammar : "";
}

constexpr const char* kNamed =
    R"("response_format": {"type": "json_schema", "json_schema": {"name": "an-Answer_1", "strict": true, "schema": {"type": "null"}}})";

TEST(ResponseFormat, BecomesAGrammar) {
  EXPECT_THAT(grammar_of(R"("response_format": {"type": "json_object"})"), HasSubstr("root ::="));
  const std::string null_only = grammar_of(kNamed);
  EXPECT_EQ(null_only, "root ::= \"null\"\n");
  EXPECT_EQ(grammar_of(R"("json_schema": {"type": "null"})"), null_only);
  EXPECT_EQ(grammar_of(R"("response_format": {"type": "json_object", "schema": {"type": "null"}})"),
            null_only);
  EXPECT_EQ(grammar_of(R"("response_format": {"type": "text"})"), "");
  EXPECT_EQ(grammar_of(R"("response_format": null, "json_schema": null)"), "");
}

TEST(ResponseFormat, IsEnforcedAlsoWhenItIsNotCalledStrict) {
  EXPECT_EQ(
      grammar_of(
          R"("response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": false, "schema": {"type": "null"}}})"),
      "root ::= \"null\"\n");
}

TEST(ResponseFormat, AsksTheModelNotToThink) {
  chat::schema::GrammarCache grammars;
  EXPECT_EQ(read(kNamed, grammars)->render.enable_thinking, false);
  EXPECT_EQ(read(R"("response_format": {"type": "text"})", grammars)->render.enable_thinking, std::nullopt);
}

TEST(ResponseFormat, IsCompiledOnce) {
  chat::schema::GrammarCache grammars;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(read(kNamed, grammars));
  EXPECT_EQ(grammars.n_compiled(), 1U);
  for (std::size_t i = 0; i < chat::schema::GrammarCache::kMostGrammars; ++i)
    EXPECT_TRUE(read("\"json_schema\": {\"const\": " + std::to_string(i) + "}", grammars));
  const std::size_t before = grammars.n_compiled();
  EXPECT_TRUE(read(kNamed, grammars));
  EXPECT_EQ(grammars.n_compiled(), before + 1) << "the one used least recently was dropped";
}

TEST(ResponseFormat, NamesTheFieldThatIsWrong) {
  struct Bad {
    std::string extra;
    std::string field;
    std::string words;
  };
  const auto named = [](const std::string& inside) {
    return R"("response_format": {"type": "json_schema", "json_schema": )" + inside + "}";
  };
  const std::string tools = R"("tools": [{"type": "function", "function": {"name": "f"}}], )";
  for (const Bad& bad : std::vector<Bad>{
           {R"("response_format": {"type": "json_schema"})", "response_format.json_schema", "is missing"},
           {named("{}"), "response_format.json_schema.schema", "is missing"},
           {named(R"({"name": "a b", "schema": {}})"), "response_format.json_schema.name", "1 to 64 letters"},
           {named(R"({"name": "", "schema": {}})"), "response_format.json_schema.name", "1 to 64 letters"},
           {named(R"({"name": ")" + std::string(65, 'a') + R"(", "schema": {}})"),
            "response_format.json_schema.name", "1 to 64"},
           {named(R"({"name": "a", "strict": 1, "schema": {}})"), "response_format.json_schema.strict",
            "true or false"},
           {named(R"({"name": "a", "schema": []})"), "response_format.json_schema.schema#",
            "must be an object"},
           {named(R"({"name": "a", "schema": {"properties": {"a": {"not": {}}}}})"),
            "response_format.json_schema.schema#/properties/a/not", "the keyword \"not\" cannot be compiled"},
           {R"("json_schema": {"uniqueItems": true})", "json_schema#/uniqueItems", "cannot be compiled"},
           {R"("json_schema": {}, "response_format": {"type": "json_object"})", "json_schema",
            "send one of them"},
           {R"("grammar": "root ::= [a]", "response_format": {"type": "json_object"})", "response_format",
            "combined with grammar"},
           {R"("grammar": "root ::= [a]", "json_schema": {})", "json_schema", "combined with grammar"},
           {tools + R"("response_format": {"type": "json_object"})", "response_format",
            "cannot be a tool call"},
       }) {
    chat::schema::GrammarCache grammars;
    const auto request = read(bad.extra, grammars);
    ASSERT_FALSE(request) << bad.extra;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(request.error().field, bad.field) << bad.extra;
    EXPECT_THAT(request.error().message, HasSubstr(bad.words)) << bad.extra;
  }
  EXPECT_NE(grammar_of(tools + R"("tool_choice": "none", "response_format": {"type": "json_object"})"), "");
}

}  // namespace
}  // namespace minerva::api::openai
