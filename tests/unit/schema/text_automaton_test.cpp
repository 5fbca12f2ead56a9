#include "chat/schema/text_automaton.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <string>
#include <tuple>

#include "chat/schema/decimal.h"

namespace minerva::chat::schema {
namespace {

Automaton automaton_of(const char* pattern, TextRules rules = {}) {
  auto regex = parse_regex(pattern);
  EXPECT_TRUE(regex) << pattern;
  rules.patterns.push_back(std::move(*regex));
  auto automaton = make_text_automaton(rules);
  EXPECT_TRUE(automaton) << pattern;
  return std::move(*automaton);
}

TEST(TextAutomaton, FindsAPatternAnywhereUnlessItIsAnchored) {
  EXPECT_TRUE(automaton_of("b").accepts(U"abc"));
  EXPECT_FALSE(automaton_of("^b").accepts(U"abc"));
  EXPECT_FALSE(automaton_of("b$").accepts(U"abc"));
  EXPECT_TRUE(automaton_of("$^").accepts(U""));
  EXPECT_FALSE(automaton_of("$^").accepts(U"a"));
  EXPECT_TRUE(automaton_of("a^b").states.empty());
}

TEST(TextAutomaton, LeavesOutExcludedTexts) {
  const Automaton automaton = automaton_of("^a*$", {.excluded = {U"", U"aa", U"b"}});
  EXPECT_FALSE(automaton.accepts(U""));
  EXPECT_TRUE(automaton.accepts(U"a"));
  EXPECT_FALSE(automaton.accepts(U"aa"));
  EXPECT_TRUE(automaton.accepts(U"aaa"));
}

TEST(TextAutomaton, KnowsNoSurrogates) {
  const CodePoints all = CodePoints::all();
  EXPECT_FALSE(all.contains(0xD800));
  EXPECT_TRUE(all.contains(0xE000));
  EXPECT_TRUE(all.complement().empty());
  EXPECT_EQ(CodePoints(U'a', U'c').complement().complement().ranges().size(), 1U);
}

// Against the integers themselves.
TEST(NumberAutomaton, HoldsExactlyTheIntegersWithinBounds) {
  for (const auto& [least, most, divisor] :
       {std::tuple{-105, 17, 1U}, {3, 999, 7U}, {-1, 1, 1U}, {-40, -12, 4U}, {0, 1000, 100U}}) {
    NumberRules rules{.integer = true, .divisor = divisor};
    rules.raise({.value = Decimal::of(least), .exclusive = false});
    rules.lower({.value = Decimal::of(most), .exclusive = false});
    const Automaton automaton = make_number_automaton(rules);
    for (int n = -1100; n <= 1100; ++n) {
      const std::string text = std::to_string(n);
      const bool is_in = n >= least && n <= most && n % static_cast<int>(divisor) == 0;
      EXPECT_EQ(automaton.accepts(code_points_of(text)), is_in) << n;
      EXPECT_EQ(rules.admits(Decimal::of(n)), is_in) << n;
    }
  }
}

// Against doubles, at every hundredth.
TEST(NumberAutomaton, HoldsExactlyTheNumbersWithinBounds) {
  for (const bool exclusive : {false, true}) {
    NumberRules rules;
    rules.raise({.value = Decimal::of(-3.25), .exclusive = exclusive});
    rules.lower({.value = Decimal::of(12.5), .exclusive = exclusive});
    const Automaton automaton = make_number_automaton(rules);
    for (int hundredths = -2000; hundredths <= 2000; ++hundredths) {
      if (hundredths == 0) continue;
      const std::string text = fmt::format("{}{}.{:02}", hundredths < 0 ? "-" : "",
                                           std::abs(hundredths) / 100, std::abs(hundredths) % 100);
      const bool is_in =
          exclusive ? hundredths > -325 && hundredths < 1250 : hundredths >= -325 && hundredths <= 1250;
      EXPECT_EQ(automaton.accepts(code_points_of(text)), is_in) << text;
    }
  }
}

}  // namespace
}  // namespace minerva::chat::schema
