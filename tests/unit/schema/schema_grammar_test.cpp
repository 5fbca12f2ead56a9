#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "chat/schema/schema_compiler.h"
#include "document_check.h"

namespace minerva::chat::schema {
namespace {

struct Case {
  std::string schema;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

void check(const std::vector<Case>& cases) {
  const DocumentCheck documents;
  for (const Case& each : cases) {
    SCOPED_TRACE(each.schema);
    const auto gbnf = compile_schema(nlohmann::ordered_json::parse(each.schema), "schema");
    ASSERT_TRUE(gbnf) << to_string(gbnf.error());
    for (const std::string& document : each.good)
      EXPECT_TRUE(documents.accepts(*gbnf, document)) << document << '\n' << gbnf->substr(0, 3000);
    for (const std::string& document : each.bad) EXPECT_FALSE(documents.accepts(*gbnf, document)) << document;
  }
}

TEST(SchemaGrammar, WritesTheTypesThatAreAskedFor) {
  check({
      {"true",
       {"1", "\"a\"", "[]", "{}", "null", R"({"a": [1,{"b":null}]})"},
       {"", "x", "[1,]", "{\"a\"}", "[1}"}},
      {R"({"type":"null"})", {"null"}, {"nul", "0", "nulll"}},
      {R"({"type":"boolean"})", {"true", "false"}, {"1", "True"}},
      {R"({"type":["string","null"]})", {"null", "\"\""}, {"1", "{}"}},
      {R"({"type":"integer"})", {"0", "-7", "123456789012345"}, {"01", "-0", "1.0", "1e3", "+1", ""}},
      {R"({"type":"number"})", {"0", "-7.25", "1e10", "0.000001", "3.5E-2"}, {".5", "1.", "01", "-", "1e"}},
      {R"({"type":"object"})",
       {"{}", R"({"a":1})", R"({"a": 1, "b": [true]})"},
       {"[]", "{\"a\":1,}", "{\"a\":  1}"}},
      {R"({"type":"array"})", {"[]", "[1, \"a\",[]]"}, {"[1,,2]", "[ 1]", "[1 ]"}},
  });
}

TEST(SchemaGrammar, TakesTheTypeFromTheKeywordsWhereNoneIsNamed) {
  check({
      {R"({"properties":{"a":{"type":"integer"}},"required":["a"]})",
       {R"({"a":1})"},
       {"1", "{}", R"({"a":"x"})"}},
      {R"({"minLength":2})", {"\"ab\""}, {"\"a\"", "1"}},
      {R"({"items":{"type":"null"}})", {"[]", "[null]"}, {"[1]", "null"}},
      {R"({"minimum":3})", {"3", "3.5"}, {"2", "\"a\""}},
  });
}

TEST(SchemaGrammar, ListsValues) {
  check({
      {R"({"enum":["red","green",3,null,{"a":[1,2]}]})",
       {"\"red\"", "\"green\"", "3", "null", R"({"a":[1,2]})"},
       {"\"blue\"", "red", "4", "\"red"}},
      {R"({"const":"a\"b\\c\né"})", {R"("a\"b\\c\né")"}, {R"("a")"}},
      {R"({"type":"string","enum":["a",1,"bcd"],"maxLength":2})", {"\"a\""}, {"1", "\"bcd\""}},
      {R"({"allOf":[{"enum":[1,2,3]},{"enum":[2,3,4]},{"minimum":2.5}]})", {"3"}, {"2", "1", "4"}},
      {R"({"enum":["","a"],"pattern":"^a?$"})", {"\"\"", "\"a\""}, {"\"b\""}},
  });
}

TEST(SchemaGrammar, WritesMembersInTheOrderOfTheirDeclaration) {
  check({
      {R"({"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["a"],"additionalProperties":false})",
       {R"({"b":1,"a":"x"})", R"({"a":"x"})", R"({"b": 1, "a": "x"})"},
       {"{}", R"({"b":1})", R"({"a":"x","b":1})", R"({"a":"x","c":1})", R"({,"a":"x"})",
        R"({"b":1 "a":"x"})"}},
      {R"({"type":"object","properties":{"a":{},"b":{},"c":{}}})",
       {"{}", R"({"a":1})", R"({"b":1})", R"({"c":1})", R"({"a":1,"c":null})", R"({"a":1,"b":2,"c":3})"},
       {R"({"c":1,"a":1})", R"({"a":1,})", R"({,"c":1})"}},
      {R"({"type":"object","properties":{"a":true},"additionalProperties":{"type":"integer"}})",
       {"{}", R"({"a":"x"})", R"({"a":[],"b":1,"c":2})", R"({"aa":3})", R"({"":3})"},
       {R"({"b":"x"})", R"({"b":1,"a":2,"a":3})", R"({"b":1,"a":"x"})"}},
      {R"({"type":"object","additionalProperties":{"type":"boolean"}})",
       {"{}", R"({"x":true})"},
       {R"({"x":1})"}},
      {R"({"type":"object","required":["x"]})", {R"({"x":[1]})"}, {"{}", R"({"y":1})"}},
      {R"({"type":"object","properties":{"a\"/~é":{"const":1}},"required":["a\"/~é"]})",
       {R"({"a\"/~é":1})"},
       {"{}"}},
  });
}

TEST(SchemaGrammar, CountsMembers) {
  const std::string three =
      R"({"type":"object","properties":{"a":{"const":1},"b":{"const":1},"c":{"const":1}},)";
  check({
      {three + R"("minProperties":2})", {R"({"a":1,"c":1})", R"({"a":1,"b":1,"c":1})"}, {"{}", R"({"b":1})"}},
      {three + R"("maxProperties":1})", {"{}", R"({"b":1})"}, {R"({"a":1,"b":1})"}},
      {three + R"("minProperties":1,"maxProperties":2,"required":["b"]})",
       {R"({"b":1})", R"({"b":1,"c":1})"},
       {R"({"a":1})", R"({"a":1,"b":1,"c":1})"}},
      {R"({"type":"object","minProperties":1,"maxProperties":2})",
       {R"({"a":1})", R"({"a":1,"b":1})"},
       {"{}", R"({"a":1,"b":1,"c":1})"}},
      {R"({"type":"object","maxProperties":0})", {"{}"}, {R"({"a":1})"}},
  });
}

TEST(SchemaGrammar, CountsItems) {
  check({
      {R"({"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3})",
       {"[1,2]", "[1, 2, 3]"},
       {"[]", "[1]", "[1,2,3,4]"}},
      {R"({"type":"array","maxItems":0})", {"[]"}, {"[1]"}},
      {R"({"type":"array","items":{"const":1},"minItems":1})", {"[1]", "[1,1,1,1]"}, {"[]"}},
      {R"({"type":"array","items":false})", {"[]"}, {"[1]"}},
      {R"({"type":"array","items":{"const":0},"maxItems":1})", {"[]", "[0]"}, {"[0,0]"}},
      {R"({"prefixItems":[{"type":"integer"},{"type":"string"}]})",
       {"[]", "[1]", R"([1,"a"])"},
       {R"(["a"])", R"([1,"a",2])"}},
      {R"({"prefixItems":[{"type":"integer"},{"type":"string"}],"items":{"type":"null"},"minItems":2})",
       {R"([1,"a"])", R"([1,"a",null,null])"},
       {"[1]", R"([1,"a",2])"}},
      {R"({"prefixItems":[{"const":1}],"minItems":3,"maxItems":3})", {"[1,2,[]]"}, {"[1,2]", "[1,2,3,4]"}},
      {R"({"prefixItems":[true,false,true]})", {"[]", "[1]"}, {"[1,2]"}},
  });
}

std::string items(std::size_t n) {
  std::string text = "[";
  for (std::size_t i = 0; i < n; ++i) text += i == 0 ? "1" : ",1";
  return text + "]";
}

TEST(SchemaGrammar, CountsFartherThanTheLibrary) {
  check({
      {R"({"type":"array","items":{"const":1},"minItems":300,"maxItems":515})",
       {items(300), items(384), items(512), items(515)},
       {items(299), items(516), items(600)}},
      {R"({"type":"string","maxLength":3000})",
       {"\"\"", '"' + std::string(127, 'a') + '"', '"' + std::string(2944, 'a') + '"',
        '"' + std::string(3000, 'a') + '"'},
       {'"' + std::string(3001, 'a') + '"'}},
      {R"({"type":"string","maxLength":2147483647})", {"\"abc\""}, {"\"abc"}},
  });
}

TEST(SchemaGrammar, CountsCodePointsOfStrings) {
  check({
      {R"({"type":"string"})",
       {R"("")", R"("é\n\"\\ \u0001 𝄞/")"},
       {"\"a\nb\"", R"("\x")", "\"\"\"", R"("\/")", R"("\u0061")"}},
      {R"({"type":"string","minLength":2,"maxLength":3})", {"\"é𝄞\"", R"("\n\"a")"}, {"\"é\"", "\"abcd\""}},
  });
}

TEST(SchemaGrammar, FollowsPatterns) {
  check({
      {R"({"type":"string","pattern":"^[a-c]{2,3}$"})",
       {"\"ab\"", "\"abc\""},
       {"\"a\"", "\"abcd\"", "\"xab\""}},
      {R"({"type":"string","pattern":"b+"})", {"\"b\"", "\"abbc\"", "\"é b\""}, {"\"\"", "\"ac\""}},
      {R"({"type":"string","pattern":"^(foo|ba[rz])?-\\d+"})",
       {"\"-1\"", "\"foo-12 and more\"", "\"baz-7\""},
       {"\"fo-1\"", "\"foo-\""}},
      {R"({"type":"string","pattern":"^a|b$"})", {"\"axx\"", "\"xxb\"", "\"ab\""}, {"\"xax\"", "\"bx\""}},
      {R"({"type":"string","pattern":"^\\S+\\s\\w\\W$"})", {"\"é x!\""}, {"\" x!\"", "\"a xx\""}},
      {R"({"type":"string","pattern":"^(a*)*$"})", {"\"\"", "\"aaa\""}, {"\"b\""}},
      {R"({"type":"string","pattern":"^(?:a?){3}b$"})", {"\"b\"", "\"aaab\""}, {"\"aaaab\""}},
      {R"({"type":"string","pattern":"^[\"\\\\\\n]$"})", {R"("\"")", R"("\\")", R"("\n")"}, {R"("n")"}},
      {R"({"type":"string","pattern":"^\\u{1D11E}\\xe9$"})", {"\"𝄞é\""}, {"\"𝄞e\""}},
      {R"({"type":"string","pattern":"^[^a-z]$"})", {"\"A\"", "\"é\"", R"("\t")"}, {"\"a\"", "\"AA\""}},
      {R"({"type":"string","pattern":"^[a-z]+$","minLength":2,"maxLength":4})",
       {"\"ab\"", "\"abcd\""},
       {"\"a\"", "\"abcde\"", "\"AB\""}},
      {R"({"allOf":[{"pattern":"^a"},{"pattern":"z$"},{"type":"string"}]})",
       {"\"az\"", "\"a..z\""},
       {"\"a\"", "\"z\""}},
      {R"({"type":"string","pattern":""})", {"\"\"", "\"x\""}, {"1"}},
  });
}

TEST(SchemaGrammar, FollowsFormats) {
  check({
      {R"({"type":"string","format":"date"})",
       {"\"2024-02-29\"", "\"2023-12-31\"", "\"2000-02-29\""},
       {"\"2023-02-29\"", "\"1900-02-29\"", "\"2023-13-01\"", "\"2023-04-31\"", "\"0000-01-01\""}},
      {R"({"type":"string","format":"time"})",
       {"\"23:59:59Z\"", "\"00:00:00.5+01:00\""},
       {"\"24:00:00Z\"", "\"10:00:00\""}},
      {R"({"type":"string","format":"date-time"})",
       {"\"2024-05-01T10:00:00Z\""},
       {"\"2024-05-01 10:00:00Z\""}},
      {R"({"type":"string","format":"duration"})",
       {"\"P1Y2M3DT4H5M6S\"", "\"PT5M\"", "\"P2W\""},
       {"\"P\"", "\"PT\"", "\"P1DT\""}},
      {R"({"type":"string","format":"uuid"})",
       {"\"123e4567-e89b-12d3-a456-426614174000\""},
       {"\"123e4567e89b12d3a456426614174000\""}},
      {R"({"type":"string","format":"email"})",
       {"\"a.b+c@example.org\""},
       {"\"a@\"", "\"a..b@c.d\"", "\"a b@c.d\""}},
      {R"({"type":"string","format":"ipv4"})",
       {"\"0.0.0.0\"", "\"255.249.199.99\""},
       {"\"256.0.0.1\"", "\"01.1.1.1\"", "\"1.1.1\""}},
      {R"({"type":"string","format":"ipv6"})",
       {"\"::\"", "\"::1\"", "\"fe80::1:2\"", "\"1:2:3:4:5:6:7:8\"", "\"1:2:3:4:5:6:7::\""},
       {"\"1:2:3\"", "\"1::2::3\"", "\"1:2:3:4:5:6:7:8:9\"", "\"12345::\""}},
      {R"({"type":"string","format":"hostname"})",
       {"\"a.example-1.org\""},
       {"\"-a.org\"", "\"a..b\"", "\"a-\""}},
      {R"({"type":"string","format":"uri"})",
       {"\"https://example.org/a/b?c=d#e\"", "\"ftp://h:21\""},
       {"\"example.org\"", "\"http://a b\""}},
      {R"({"type":"string","format":"date","maxLength":10,"pattern":"^2024"})",
       {"\"2024-01-01\""},
       {"\"2023-01-01\""}},
      {R"({"type":"string","format":"colour"})", {"\"anything\""}, {"1"}},
  });
}

TEST(SchemaGrammar, KeepsNumbersWithinBounds) {
  check({
      {R"({"type":"integer","minimum":-12,"maximum":105})",
       {"-12", "-1", "0", "9", "10", "99", "100", "105"},
       {"-13", "-20", "106", "110", "1000", "-0", "5.0"}},
      {R"({"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10})", {"1", "9"}, {"0", "10", "-1"}},
      {R"({"type":"integer","minimum":1e3})", {"1000", "999999999999999"}, {"999", "-1000"}},
      {R"({"type":"integer","maximum":-5})", {"-5", "-123"}, {"-4", "0", "5"}},
      {R"({"type":"integer","minimum":9223372036854775807,"maximum":9223372036854775807})",
       {"9223372036854775807"},
       {"9223372036854775806"}},
      {R"({"type":"number","minimum":0,"maximum":1})",
       {"0", "1", "0.5", "0.999", "1.0", "1.000"},
       {"1.1", "-0.1", "1.0001", "2", "1e0"}},
      {R"({"type":"number","exclusiveMinimum":0.25,"exclusiveMaximum":2.5})",
       {"0.251", "1", "2.49", "2"},
       {"0.25", "0.250", "2.5", "2.50", "0.2", "3"}},
      {R"({"type":"number","minimum":-1.5,"maximum":-0.5})",
       {"-1.5", "-1", "-0.5", "-0.75"},
       {"-1.51", "-0.4", "0", "1"}},
      {R"({"type":"number","exclusiveMaximum":0})", {"-1", "-0.001"}, {"0", "-0.0", "1"}},
      {R"({"type":"integer","multipleOf":5,"minimum":0,"maximum":100})",
       {"0", "5", "95", "100"},
       {"1", "101", "105"}},
      {R"({"type":"integer","multipleOf":7})", {"0", "7", "-14", "700"}, {"1", "71"}},
      {R"({"type":"number","multipleOf":0.01})", {"1", "0.25", "3.5"}, {"0.125", "1e2"}},
      {R"({"type":"number","multipleOf":10})", {"10", "0", "-20"}, {"5", "10.5"}},
  });
}

TEST(SchemaGrammar, JoinsWhatHoldsAtOnce) {
  check({
      {R"({"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"string"},"a":{"minimum":5}},"required":["b"]}]})",
       {R"({"a":5,"b":"x"})"},
       {R"({"a":4,"b":"x"})", R"({"a":5})"}},
      {R"({"allOf":[{"type":"object","properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]})",
       {"{}", R"({"a":1})"},
       {R"({"b":1})"}},
      {R"({"type":["integer","string"],"allOf":[{"type":["string","null"]}]})", {"\"a\""}, {"1", "null"}},
  });
}

TEST(SchemaGrammar, OffersAlternatives) {
  check({
      {R"({"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]})",
       {"1", "\"a\""},
       {"\"ab\"", "null"}},
      {R"({"type":"object","properties":{"k":{"type":"string"}},"required":["k"],"anyOf":[{"properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["x"]},{"properties":{"k":{"const":"b"}}}]})",
       {R"({"k":"a","x":1})", R"({"k":"b"})"},
       {R"({"k":"a"})", R"({"k":"c"})", R"({"k":"b","x":1})"}},
      {R"({"oneOf":[{"type":"null"},{"type":"number"}]})", {"null", "1.5"}, {"\"a\""}},
      {R"({"oneOf":[{"properties":{"t":{"const":"a"},"v":{"type":"integer"}},"required":["t","v"]},{"properties":{"t":{"const":"b"}},"required":["t"]}]})",
       {R"({"t":"a","v":1})", R"({"t":"b"})"},
       {R"({"t":"a"})", R"({"t":"c"})"}},
      {R"({"oneOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"integer"}},"required":["b"]}]})",
       {R"({"a":1})", R"({"b":1})"},
       {"{}", R"({"a":1,"b":1})"}},
      {R"({"oneOf":[{"type":"integer","maximum":0},{"type":"integer","minimum":1}]})",
       {"-1", "0", "1"},
       {"1.5"}},
      {R"({"oneOf":[{"type":"string","pattern":"^a"},{"type":"string","pattern":"^b"}]})",
       {"\"a\"", "\"b\""},
       {"\"c\""}},
      {R"({"anyOf":[{"not":false,"type":"null"},false]})", {"null"}, {"1"}},
  });
}

TEST(SchemaGrammar, FollowsReferencesAndRecursion) {
  check({
      {R"({"$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","next"]}},"$ref":"#/$defs/n"})",
       {R"({"v":1,"next":null})", R"({"v":1,"next":{"v":2,"next":{"v":3,"next":null}}})"},
       {R"({"v":1})", R"({"v":1,"next":{}})"}},
      {R"({"type":"array","items":{"$ref":"#"}})", {"[]", "[[],[[]]]"}, {"[1]"}},
      {R"({"definitions":{"a/b~c d":{"const":1}},"$ref":"#/definitions/a~1b~0c%20d"})", {"1"}, {"2"}},
      {R"({"$defs":{"p":{"type":"integer"}},"$ref":"#/$defs/p","minimum":3})", {"3"}, {"2"}},
      {R"({"properties":{"a":{"type":"integer"},"b":{"$ref":"#/properties/a"}},"required":["a","b"]})",
       {R"({"a":1,"b":2})"},
       {R"({"a":1,"b":"x"})"}},
  });
}

TEST(SchemaGrammar, LeavesOutWhatCanNeverBe) {
  check({
      {R"({"type":"object","properties":{"a":false,"b":{"type":"string","minLength":3,"maxLength":2},"c":{"const":1}}})",
       {"{}", R"({"c":1})"},
       {R"({"a":1})", R"({"b":"x"})"}},
      {R"({"$defs":{"endless":{"type":"object","properties":{"x":{"$ref":"#/$defs/endless"}},"required":["x"]}},"anyOf":[{"$ref":"#/$defs/endless"},{"type":"null"}]})",
       {"null"},
       {R"({"x":{}})"}},
      {R"({"title":"T","description":"D","default":1,"examples":[2],"$comment":"C","deprecated":true,"readOnly":true,"x-own":{"a":1},"type":"integer"})",
       {"5"},
       {"\"a\""}},
  });
}

TEST(SchemaGrammar, KnowsAnyObject) {
  const DocumentCheck documents;
  EXPECT_TRUE(documents.accepts(any_object_grammar(), R"({"a": [1, {"b": "c"}]})"));
  EXPECT_FALSE(documents.accepts(any_object_grammar(), "[]"));
}

}  // namespace
}  // namespace minerva::chat::schema
