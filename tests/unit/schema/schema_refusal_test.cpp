#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "chat/schema/schema_compiler.h"

namespace minerva::chat::schema {
namespace {

using Json = nlohmann::ordered_json;

Error error_of(const Json& schema) {
  auto gbnf = compile_schema(schema, "schema");
  if (!gbnf) return gbnf.error();
  ADD_FAILURE() << schema.dump() << " was compiled to\n" << gbnf->substr(0, 1000);
  return {};
}

TEST(SchemaRefusal, NamesKeywordAndPath) {
  struct Case {
    std::string schema;
    std::string path;
    std::string word;
  };
  for (const Case& each : std::vector<Case>{
           {R"({"properties":{"a":{"not":{"type":"null"}}}})", "schema#/properties/a/not", "\"not\""},
           {R"({"not":{}})", "schema#/not", "\"not\""},
           {R"({"if":{"type":"null"},"then":{"const":1}})", "schema#/then", "\"then\""},
           {R"({"patternProperties":{"^a":{}}})", "schema#/patternProperties", "\"patternProperties\""},
           {R"({"propertyNames":{"maxLength":2}})", "schema#/propertyNames", "\"propertyNames\""},
           {R"({"dependentRequired":{"a":["b"]}})", "schema#/dependentRequired", "\"dependentRequired\""},
           {R"({"unevaluatedProperties":false})", "schema#/unevaluatedProperties",
            "\"unevaluatedProperties\""},
           {R"({"type":"array","contains":{"const":1}})", "schema#/contains", "\"contains\""},
           {R"({"items":{"type":"array","uniqueItems":true}})", "schema#/items/uniqueItems",
            "\"uniqueItems\""},
           {R"({"$dynamicRef":"#a"})", "schema#/$dynamicRef", "\"$dynamicRef\""},
           {R"({"properties":{"a":{"$id":"b"}}})", "schema#/properties/a/$id", "\"$id\""},
           {R"-({"pattern":"(?=a)"})-", "schema#/pattern", "lookahead"},
           {R"-({"pattern":"(a)\\1"})-", "schema#/pattern", "backreferences"},
           {R"({"pattern":"a\\b"})", "schema#/pattern", "boundaries"},
           {R"({"pattern":"\\p{L}"})", "schema#/pattern", "Unicode properties"},
           {R"-({"pattern":"a)"})-", "schema#/pattern", "a ) without its ("},
           {R"({"pattern":"[b-a]"})", "schema#/pattern", "range"},
           {R"({"pattern":"a{9999}"})", "schema#/pattern", "above 1000"},
           {R"({"pattern":"*"})", "schema#/pattern", "nothing to repeat"},
           {R"({"multipleOf":0.3})", "schema#/multipleOf", "\"multipleOf\""},
           {R"({"multipleOf":0})", "schema#/multipleOf", "above 0"},
           {R"({"minimum":"3"})", "schema#/minimum", "must be a number"},
           {R"({"exclusiveMinimum":true})", "schema#/exclusiveMinimum", "must be a number"},
           {R"({"minLength":-1})", "schema#/minLength", "from 0 up"},
           {R"({"maxItems":1.5})", "schema#/maxItems", "from 0 up"},
           {R"({"type":"text"})", "schema#/type", "must be null"},
           {R"({"type":7})", "schema#/type", "must be null"},
           {R"({"enum":"a"})", "schema#/enum", "list of values"},
           {R"({"properties":[]})", "schema#/properties", "object of schemas"},
           {R"({"properties":{"a":3}})", "schema#/properties/a", "must be an object, true or false"},
           {R"({"required":"a"})", "schema#/required", "list of names"},
           {R"({"items":[{}]})", "schema#/items", "prefixItems"},
           {R"({"anyOf":[]})", "schema#/anyOf", "not empty"},
           {R"({"$ref":"other.json"})", "schema#/$ref", "cannot be followed"},
           {R"({"$ref":"#/$defs/a"})", "schema#/$ref", "nothing at"},
           {R"({"$defs":{"a":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})", "schema#/$defs/a",
            "refers to itself"},
           {R"({"oneOf":[{"type":"integer"},{"type":"number"}]})", "schema#/oneOf", "0 and 1"},
           {R"({"oneOf":[{"required":["a"]},{"required":["b"]}],"properties":{"a":{},"b":{}}})",
            "schema#/oneOf", "both"},
           {R"({"oneOf":[{"properties":{"a":{}}},{"properties":{"b":{}},"required":["b"]}]})",
            "schema#/oneOf", "both"},
           {R"({"type":"object","minProperties":3})", "schema#/minProperties", "\"minProperties\""},
           {R"({"properties":{"a~/b":{"not":{}}}})", "schema#/properties/a~0~1b/not", "\"not\""},
       }) {
    SCOPED_TRACE(each.schema);
    const Error error = error_of(Json::parse(each.schema));
    EXPECT_EQ(error.code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(error.field, each.path);
    EXPECT_TRUE(error.message.contains(each.word)) << error.message;
  }
}

TEST(SchemaRefusal, SaysWhyThereIsNoValue) {
  for (const char* schema : {
           "false",
           R"({"type":"integer","minimum":3,"maximum":2})",
           R"({"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":4})",
           R"({"type":"string","minLength":3,"maxLength":2})",
           R"({"type":"string","pattern":"^a$","minLength":2})",
           R"({"allOf":[{"type":"string"},{"type":"null"}]})",
           R"({"allOf":[{"const":1},{"const":2}]})",
           R"({"type":"string","enum":[1,2]})",
           R"({"type":"array","items":false,"minItems":1})",
           R"({"properties":{"a":false},"required":["a"]})",
           R"({"properties":{"a":{}},"required":["b"],"additionalProperties":false})",
           R"({"type":"object","required":["a","b"],"maxProperties":1})",
           R"({"$defs":{"e":{"properties":{"x":{"$ref":"#/$defs/e"}},"required":["x"]}},"$ref":"#/$defs/e"})",
       }) {
    const Error error = error_of(Json::parse(schema));
    EXPECT_EQ(error.code, ErrorCode::kInvalidRequest);
    EXPECT_TRUE(error.message.starts_with("no value can satisfy the schema: schema#"))
        << schema << error.message;
  }
}

// Each would cost hours or gigabytes if it were tried.
TEST(SchemaRefusal, EndsWithWhatIsTooLarge) {
  Json doubling = {{"$defs", Json::object()}, {"$ref", "#/$defs/d0"}};
  for (int i = 0; i < 40; ++i) {
    const Json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    doubling["$defs"]["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  doubling["$defs"]["d40"] = {{"type", "null"}};
  EXPECT_EQ(error_of(doubling).code, ErrorCode::kInvalidRequest);

  Json choices = {{"allOf", Json::array()}};
  for (int i = 0; i < 12; ++i)
    choices["allOf"].push_back(Json::parse(R"({"anyOf":[{"minimum":1},{"maximum":2}]})"));
  EXPECT_TRUE(error_of(choices).message.contains("alternatives"));

  EXPECT_TRUE(error_of({{"pattern", "(a|b)*a(a|b){40}"}}).message.contains("states"));
  EXPECT_TRUE(error_of({{"pattern", "((a{900}){900}){900}"}}).message.contains("states"));
  EXPECT_TRUE(error_of({{"pattern", "^[a-z]+$"}, {"maxLength", 100'000}}).message.contains("states"));
  EXPECT_TRUE(error_of({{"maxLength", 1e12}}).message.contains("too great"));

  Json wide = {{"type", "object"}, {"maxProperties", 1000}, {"properties", Json::object()}};
  for (int i = 0; i < 2000; ++i) wide["properties"]["p" + std::to_string(i)] = true;
  EXPECT_TRUE(error_of(wide).message.contains("rules"));
}

}  // namespace
}  // namespace minerva::chat::schema
