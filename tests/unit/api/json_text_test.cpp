#include "api/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace minerva::api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(std::string_view text) {
  const auto parsed = parse_json(text);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidRequest);
  return parsed.error().message;
}

TEST(JsonText, SaysAtWhichLineAndColumnABodyStopsBeingJson) {
  EXPECT_THAT(refusal("hello"), StartsWith("the body is not JSON at line 1, column 1: "));
  EXPECT_THAT(refusal("{\n  \"a\": 1,\n  \"b\" 2\n}"),
              StartsWith("the body is not JSON at line 3, column 7: "));
  EXPECT_THAT(refusal("{\"a\": "), HasSubstr("line 1, column 7: "));
  EXPECT_THAT(refusal("{\"a\": \"b\" \"c\\\"d\": 1}"), HasSubstr("line 1, column 11: "));
  EXPECT_THAT(refusal("[1 23.5]"), HasSubstr("line 1, column 4: "));
  EXPECT_THAT(refusal("{\"a\": [1}"), HasSubstr("line 1, column 9: "));
  EXPECT_THAT(refusal("[tru]"), HasSubstr("line 1, column 2: "));
  EXPECT_THAT(refusal("{\"a\": "), HasSubstr("unexpected end of input"));
}

TEST(JsonText, CountsColumnsInCodePoints) {
  EXPECT_THAT(refusal("{\"ä\": x}"), HasSubstr("line 1, column 7: "));
}

TEST(JsonText, RefusesAnEmptyBodyInItsOwnWords) {
  EXPECT_EQ(refusal(""), "the body is empty; a JSON object is needed");
  EXPECT_EQ(refusal(" \r\n\t"), "the body is empty; a JSON object is needed");
}

TEST(JsonText, RefusesBytesThatAreNotUtf8) {
  EXPECT_THAT(refusal("{\"a\": \"\xFF\"}"), StartsWith("the body is not JSON at line 1, column 8: "));
}

TEST(JsonText, RefusesNestingThatOnlyCostsStack) {
  const std::string deepest(kMaxJsonDepth, '[');
  EXPECT_THAT(refusal(deepest + std::string(kMaxJsonDepth, ']')), "accepted");
  EXPECT_EQ(refusal(deepest + "["), "the body is nested more than 64 levels deep at line 1, column 65");
  EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("64 levels"));
}

TEST(JsonText, DoesNotCountBracketsInsideStrings) {
  EXPECT_EQ(refusal("\"" + std::string(200, '[') + "\""), "accepted");
  EXPECT_EQ(refusal(R"(["\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["])"),
            "accepted");
}

TEST(JsonText, RefusesANumberThatNoDoubleHolds) {
  EXPECT_THAT(refusal("{\"temperature\": 1e999}"), StartsWith("the body holds a number that is too large"));
}

TEST(JsonText, WritesOneLineOfUtf8WhateverTheBytes) {
  EXPECT_EQ(to_text({{"a", "x\ny"}, {"b", "\xFF"}}), "{\"a\":\"x\\ny\",\"b\":\"\xEF\xBF\xBD\"}");
}

TEST(JsonText, CutsAnExcerptAtACodePoint) {
  EXPECT_EQ(excerpt(Json("short")), "\"short\"");
  const std::string cut = excerpt(Json("a" + std::string("ä") + std::string(57, 'b') + std::string(5, 'c')));
  EXPECT_EQ(cut, "\"aä" + std::string(56, 'b') + "…");
  EXPECT_EQ(excerpt(Json(std::string(58, 'x') + "ää")), "\"" + std::string(58, 'x') + "…");
}

}  // namespace
}  // namespace minerva::api
