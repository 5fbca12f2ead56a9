#include <gtest/gtest.h>

#include "chat/jinja/template.h"
#include "golden.h"

namespace minerva {
namespace {

using test::Json;

// The error's message; "rendered" when there was none. A bound that does not hold shows as a test that never ends.
std::string failure(const std::string& source, const chat::jinja::Limits& limits = {},
                    const Json& context = Json::object()) {
  const auto parsed = chat::jinja::Template::parse(source, limits);
  if (!parsed) {
    EXPECT_EQ(parsed.error().code, ErrorCode::kTemplateFailed);
    return parsed.error().message;
  }
  const Json none = Json::object();
  const auto outcome = parsed->render({.untrusted = context, .trusted = none});
  if (!outcome) {
    EXPECT_EQ(outcome.error().code, ErrorCode::kTemplateFailed);
    return outcome.error().message;
  }
  return "rendered";
}

// Far fewer steps than by default, so that tests of work without end are quick in slow builds too.
constexpr chat::jinja::Limits kFewSteps{.max_steps = 200'000};

std::string repeated(const std::string& text, std::size_t n) {
  std::string result;
  for (std::size_t i = 0; i < n; ++i) result += text;
  return result;
}

TEST(Bounds, StopLoopsThatRunTooLong) {
  const std::string loops = "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}";
  EXPECT_TRUE(failure(loops, kFewSteps).contains("more than 200000 steps"));
  static_assert(chat::jinja::Limits{}.max_steps <= 5'000'000);  // a second or two at worst
  EXPECT_TRUE(failure("{% for a in range(1000000000) %}{% endfor %}").contains("Range too big"));
}

TEST(Bounds, StopTextsThatGrowTooLarge) {
  EXPECT_TRUE(failure("{{ 'a' * 10 ** 9 }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ 'a' * 9223372036854775807 }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ 'ab'.center(10 ** 10) }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ '%*d' % (999999999, 1) }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ '{:999999999}'.format(1) }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ ('a' * 10 ** 6).replace('a', 'b' * 10 ** 6) }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ 'a\n' | indent(10 ** 9, true) }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{{ [1] | tojson(indent=10 ** 9) }}").contains("more than 64 MiB"));
  EXPECT_TRUE(failure("{% set x = 'a' * 10 ** 6 %}{% for i in range(1000) %}{{ x }}{% endfor %}")
                  .contains("more than"));
  const std::string doubled =
      "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor "
      "%}";
  EXPECT_TRUE(failure(doubled).contains("more than 64 MiB"));
}

TEST(Bounds, StopContainersThatGrowTooLarge) {
  EXPECT_NE(failure("{{ ([1] * 10 ** 9) | length }}", kFewSteps), "rendered");
  const std::string doubled =
      "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}";
  EXPECT_NE(failure(doubled, kFewSteps), "rendered");
  EXPECT_NE(failure("{{ [1] | batch(10 ** 9, 0) | list }}", kFewSteps), "rendered");
  EXPECT_NE(failure("{{ [1] | slice(10 ** 9) | list }}", kFewSteps), "rendered");
}

TEST(Bounds, StopDeepNesting) {
  EXPECT_TRUE(failure("{{ " + repeated("(", 20000) + repeated(")", 20000) + " }}").contains("nested deeper"));
  EXPECT_TRUE(failure("{{ " + repeated("[", 20000)).contains("nested deeper"));
  EXPECT_TRUE(failure("{{ " + repeated("not ", 20000) + "1 }}").contains("nested deeper"));
  EXPECT_TRUE(failure("{{ " + repeated("-", 20000) + "1 }}").contains("nested deeper"));
  EXPECT_TRUE(failure("{{ 1" + repeated("+1", 20000) + " }}").contains("in a row"));
  EXPECT_TRUE(failure("{{ a" + repeated(".a", 20000) + " }}").contains("in a row"));
  EXPECT_TRUE(failure(repeated("{% if 1 %}", 20000)).contains("nested deeper"));
  EXPECT_TRUE(failure("{% set " + repeated("(", 20000) + "a" + repeated(")", 20000) + " = 1 %}")
                  .contains("nested deeper"));
  EXPECT_EQ(failure("{{ " + repeated("(", 90) + "1" + repeated(")", 90) + " }}"), "rendered");
}

TEST(Bounds, StopEndlessRecursion) {
  EXPECT_TRUE(failure("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").contains("deep"));
  EXPECT_TRUE(failure("{% macro f(x) %}{% if x %}{{ f(x) ~ f(x) }}{% endif %}{% endmacro %}{{ f(1) }}")
                  .contains("deep"));
  EXPECT_NE(failure("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}"), "rendered");
  EXPECT_TRUE(
      failure("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
              kFewSteps)
          .contains("steps"));
}

TEST(Bounds, StopValuesThatNestTooDeeply) {
  EXPECT_TRUE(failure("{% set ns = namespace(x=1) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% "
                      "endfor %}{{ ns.x }}")
                  .contains("nests deeper"));
  EXPECT_NE(failure("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}"), "rendered");
  EXPECT_NE(failure("{% set ns = namespace() %}{% set ns.me = [ns] %}{{ ns.me | string }}"), "rendered");
  Json deep = 1;
  for (int i = 0; i < 5000; ++i) deep = Json::array({std::move(deep)});
  EXPECT_NE(failure("{{ x }}", {}, {{"x", std::move(deep)}}), "rendered");
}

TEST(Bounds, StopWalksOverValuesThatHoldEachOtherManyTimes) {
  const std::string build =
      "{% set ns = namespace(x=1, y=1) %}{% for i in range(100) %}{% set ns.x = @ns.x, ns.x$ %}{% set ns.y = "
      "@ns.y, ns.y$ %}{% endfor %}";
  for (const std::string use : {"ns.x == ns.y", "ns.x", "ns.x | tojson", "ns.x in [ns.y]",
                                "[ns.x, ns.y] | sort", "{ns.x: 1}", "[ns.x, ns.y] | unique | list",
                                "[ns.y].index(ns.x)", "[ns.x, ns.y] | groupby(0) | list", "ns.x < ns.y"}) {
    for (const std::string brackets : {"[]", "()"}) {
      std::string source = build + "{{ " + use + " }}";
      for (std::size_t at = 0; at < source.size(); ++at) {
        if (source[at] == '@') source[at] = brackets[0];
        if (source[at] == '$') source[at] = brackets[1];
      }
      EXPECT_NE(failure(source, kFewSteps), "rendered") << source;
    }
  }
}

TEST(Bounds, AreTheCallersToSet) {
  const auto parsed =
      chat::jinja::Template::parse("{% for i in range(100) %}{{ i }}{% endfor %}", {.max_steps = 50});
  ASSERT_TRUE(parsed);
  const Json none = Json::object();
  const auto outcome = parsed->render({.untrusted = none, .trusted = none});
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().message.contains("50 steps"));
  EXPECT_FALSE(chat::jinja::Template::parse("12345", {.max_source_bytes = 4}));
}

TEST(Bounds, LeaveRoomForLongConversations) {
  Json messages = Json::array();
  for (int i = 0; i < 2000; ++i)
    messages.push_back({{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", repeated("word ", 200)}});
  const Json trusted{{"add_generation_prompt", true}, {"bos_token", "<s>"}, {"eos_token", "</s>"}};
  for (const char* name :
       {"Qwen-Qwen3-0.6B.jinja", "openai-gpt-oss-120b.jinja", "mistralai-Mistral-Nemo-Instruct-2407.jinja"}) {
    const auto outcome =
        test::render(test::read_data(std::string("templates/") + name), {{"messages", messages}}, trusted);
    EXPECT_TRUE(outcome) << name << ": " << outcome.error().message;
  }
}

TEST(SyntaxErrors, NameLineAndColumn) {
  EXPECT_EQ(failure("a\n  {{ 1 + }}"),
            "unexpected end of print statement (chat template, line 2, column 10)");
  EXPECT_EQ(failure("{% iff x %}"), "Encountered unknown tag 'iff'. (chat template, line 1, column 4)");
  EXPECT_EQ(failure("x\n\n{% if a %}"),
            "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or "
            "'endif' (chat template, line 3, column 11)");
  EXPECT_EQ(failure("{{ raise_exception('Only this') }}"), "Only this");
  EXPECT_EQ(failure("\n\n{{ a.b.c }}"), "'a' is undefined (chat template, line 3)");
}

}  // namespace
}  // namespace minerva
