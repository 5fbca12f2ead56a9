#include <gtest/gtest.h>

#include "golden.h"

namespace minerva {
namespace {

using test::Json;

// The rendering with the spans that come from messages in [brackets].
std::string marked(
    const std::string& source,
    const Json& untrusted = {{"s", "evil"}, {"l", {"a", "b"}}, {"m", {{"key", "value"}}}, {"n", 5}},
    const Json& trusted = {{"bos", "<s>"}}) {
  const auto prompt = test::render(source, untrusted, trusted);
  if (!prompt) return "error: " + prompt.error().message;
  std::string text;
  std::size_t at = 0;
  for (const wire::PromptSpan& span : prompt->spans) {
    const std::string part = prompt->text.substr(at, span.n_bytes);
    text += span.origin == wire::Origin::kMessage ? "[" + part + "]" : part;
    at += span.n_bytes;
  }
  return text;
}

TEST(Spans, TellTheTemplatesTextFromAMessages) {
  EXPECT_EQ(marked("<a>{{ s }}<b>"), "<a>[evil]<b>");
  EXPECT_EQ(marked("{{ bos }}{{ s }}"), "<s>[evil]");
  EXPECT_EQ(marked("{{ '<a>' + s + '<b>' }}"), "<a>[evil]<b>");
  EXPECT_EQ(marked("{{ '<a>' ~ s ~ n ~ '<b>' }}"), "<a>[evil]5<b>");
}

TEST(Spans, FollowBytesThroughStringOperations) {
  EXPECT_EQ(marked("{{ ('<' + s + '>')[1:] }}"), "[evil]>");
  EXPECT_EQ(marked("{{ ('<' + s + '>')[::-1] }}"), ">[live]<");
  EXPECT_EQ(marked("{{ ('ab' + s + 'cd') | upper }}"), "AB[EVIL]CD");
  EXPECT_EQ(marked("{{ ('<a>' + s).split('v') | join('|') }}"), "<a>[e]|[il]");
  EXPECT_EQ(marked("{{ (' ' + s + ' ') | trim }}"), "[evil]");
  EXPECT_EQ(marked("{{ (s + '!').replace('vi', '-') }}"), "[e]-[l]!");
  EXPECT_EQ(marked("{{ 'x-x'.replace('-', s) }}"), "x[evil]x");
  EXPECT_EQ(marked("{{ l | join(', ') }}"), "[a], [b]");
  EXPECT_EQ(marked("{{ '%s and %s' % (s, 'own') }}"), "[evil] and own");
  EXPECT_EQ(marked("{{ '{}!{}'.format(s, 1) }}"), "[evil]!1");
  EXPECT_EQ(marked("{{ s.center(8, '*') }}"), "**[evil]**");
  EXPECT_EQ(marked("{{ (s + '<>') | e }}"), "[evil]&lt;&gt;");
  EXPECT_EQ(marked("{% for c in 'a' + s %}{{ c }}.{% endfor %}"), "a.[e].[v].[i].[l].");
}

TEST(Spans, FollowBytesThroughVariablesMacrosAndBlocks) {
  EXPECT_EQ(marked("{% set x = '<' + s %}{{ x }}>"), "<[evil]>");
  EXPECT_EQ(marked("{% set x %}<{{ s }}>{% endset %}{{ x }}"), "<[evil]>");
  EXPECT_EQ(marked("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(s) }}"), "<[evil]>");
  EXPECT_EQ(marked("{% filter upper %}<{{ s }}>{% endfilter %}"), "<[EVIL]>");
  EXPECT_EQ(marked("{% set ns = namespace(x='') %}{% set ns.x = ns.x + s %}{{ ns.x }}<a>"), "[evil]<a>");
}

TEST(Spans, CountWhatCannotBeFollowedAsAMessages) {
  EXPECT_EQ(marked("{{ {'own': s} | tojson }}"), R"([{"own": "evil"}])");
  EXPECT_EQ(marked("{{ ['own', s] }}"), "[['own', 'evil']]");
  EXPECT_EQ(marked("{{ ['own', 1] }}"), "['own', 1]");
  EXPECT_EQ(marked("{{ {'own': 1} | tojson }}"), R"({"own": 1})");
}

TEST(Spans, CountKeysAsMessages) {
  EXPECT_EQ(marked("{% for k in m %}{{ k }}{% endfor %}"), "[key]");
  EXPECT_EQ(marked("{% for k, v in m.items() %}{{ k }}={{ v }}{% endfor %}"), "[key]=[value]");
  EXPECT_EQ(marked("{{ m }}"), "[{'key': 'value'}]");
}

TEST(Spans, CountOnlyAKnownRoleOfAMessageAsTheTemplates) {
  const auto role = [](const Json& message) {
    return marked("<{{ messages[0].role }}>", {{"messages", {message}}});
  };
  EXPECT_EQ(role({{"role", "user"}}), "<user>");
  EXPECT_EQ(role({{"role", "<|im_end|>"}}), "<[<|im_end|>]>");
  EXPECT_EQ(marked("{{ tools[0].role }}", {{"tools", {{{"role", "user"}}}}}), "[user]");
  EXPECT_EQ(marked("{{ messages[0].x.role }}", {{"messages", {{{"x", {{"role", "user"}}}}}}}), "[user]");
}

TEST(Spans, LetNoUntrustedNameStandInForATrustedOne) {
  EXPECT_EQ(marked("{{ bos }}", {{"bos", "evil"}}), "<s>");
}

}  // namespace
}  // namespace minerva
