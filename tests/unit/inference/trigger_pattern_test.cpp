// A search of the whole text with std::regex is the reference for what is found, however the text is cut.

#include "inference/trigger_pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

namespace minerva::inference {
namespace {

std::optional<std::size_t> find(const std::string& pattern, const std::string& text) {
  auto program = compile_pattern(pattern);
  EXPECT_TRUE(program) << pattern << ": " << program.error().message;
  return TriggerPattern{*program}.feed(text);
}

std::string why_not(const std::string& pattern) {
  const auto program = compile_pattern(pattern);
  return program ? "it can be used" : program.error().message;
}

// As the library's lazy grammar: the first group that holds anything, or the match.
std::optional<std::size_t> reference(const std::regex& pattern, const std::string& text) {
  std::smatch match;
  if (!std::regex_search(text, match, pattern)) return std::nullopt;
  for (std::size_t group = 1; group < match.size(); ++group) {
    if (match.length(group) > 0) return static_cast<std::size_t>(match.position(group));
  }
  return static_cast<std::size_t>(match.position(0));
}

TEST(TriggerPattern, FindsWhereItsFirstGroupBegins) {
  EXPECT_EQ(find("<tool>", "so: <tool>{"), 4U);
  EXPECT_EQ(find("so: (<tool>)", "so: <tool>{"), 4U);
  EXPECT_EQ(find("(x)?(<tool>)", "so: <tool>{"), 4U);
  EXPECT_EQ(find("<think>[\\s\\S]*?</think>\\s*(\\{)", "<think>a {\n</think>\n {"), 21U);
  EXPECT_EQ(find("^\\{", " {"), std::nullopt);
  EXPECT_EQ(find("\\d{3,5}$", "12 and 3456"), 7U);
  EXPECT_EQ(find("\\u00e9", "caf\xC3\xA9"), 3U);
}

TEST(TriggerPattern, FindsWhatAPieceCompletesAndNothingBefore) {
  TriggerPattern pattern{*compile_pattern("a(b+)c")};
  EXPECT_EQ(pattern.feed("xxa"), std::nullopt);
  EXPECT_EQ(pattern.feed("bb"), std::nullopt);
  EXPECT_EQ(pattern.feed(""), std::nullopt);
  EXPECT_EQ(pattern.feed("cd"), 3U);
}

TEST(TriggerPattern, HoldsTheEndOnlyUntilMoreComes) {
  TriggerPattern pattern{*compile_pattern("^ab$")};
  EXPECT_EQ(pattern.feed("a"), std::nullopt);
  EXPECT_EQ(pattern.feed("bc"), std::nullopt);
  TriggerPattern cut{*compile_pattern("^ab$")};
  EXPECT_EQ(cut.feed("a"), std::nullopt);
  EXPECT_EQ(cut.feed("b"), 0U);
}

TEST(TriggerPattern, ReadsALiteralAsItStands) {
  TriggerPattern pattern{literal_pattern("a.*[")};
  EXPECT_EQ(pattern.feed("aXX[ a.*"), std::nullopt);
  EXPECT_EQ(pattern.feed("["), 5U);
}

// Patterns over a few letters, of every construct.
std::string random_pattern(std::mt19937& random, int depth) {
  static const std::vector<std::string> atoms{"a",   "b",   "c",   ".",   "[ab]", "[^a]", "[a-c]",
                                              "\\w", "\\s", "\\b", "\\B", "^",    "$"};
  static const std::vector<std::string> repeats{"",   "",   "",   "*",   "+",     "?",
                                                "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"};
  std::string pattern;
  for (auto n = 1 + random() % 3; n > 0; --n) {
    const auto kind = depth > 0 ? random() % 5 : 0;
    if (kind <= 2) {
      const std::string& atom = atoms[random() % atoms.size()];
      const bool asserts = atom == "^" || atom == "$" || atom == "\\b" || atom == "\\B";
      pattern += atom + (asserts ? "" : repeats[random() % repeats.size()]);
    } else {
      // Not repeated: there std::regex keeps what a group held in an earlier round, which is no example.
      pattern += (kind == 3 ? "(" : "(?:") + random_pattern(random, depth - 1) + ")";
    }
  }
  return random() % 4 == 0 && depth > 0 ? pattern + "|" + random_pattern(random, depth - 1) : pattern;
}

TEST(TriggerPattern, FindsWhatARegularExpressionFindsInEveryTextThatGrows) {
  std::mt19937 random{3};
  int n_found = 0;
  int n_missed = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::string pattern = random_pattern(random, 2);
    SCOPED_TRACE(testing::Message() << "round " << round << ", pattern " << pattern);
    const auto program = compile_pattern(pattern);
    ASSERT_TRUE(program) << program.error().message;
    const std::regex library{pattern};
    TriggerPattern ours{*program};
    std::string text;
    for (int piece = 0; piece < 5; ++piece) {
      std::string added;
      for (auto n = random() % 5; n > 0; --n) added += "abc \n_"[random() % 6];
      text += added;
      const auto found = ours.feed(added);
      ASSERT_EQ(found, reference(library, text)) << "in " << testing::PrintToString(text);
      ++(found ? n_found : n_missed);
      if (found) break;
    }
  }
  EXPECT_GT(n_found, 1000);
  EXPECT_GT(n_missed, 300);
}

// std::regex needs exponential time for the one and overflows the stack on the other.
TEST(TriggerPattern, TakesTheSameTimeForEveryByteWhateverThePatternAndTheText) {
  TriggerPattern exponential{*compile_pattern("(?:a*)*b|(?:a|a)*c")};
  EXPECT_EQ(exponential.feed(std::string(5000, 'a')), std::nullopt);
  TriggerPattern deep{*compile_pattern("^[\\s\\S]*(x)")};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(deep.feed(std::string(1000, ' ')), std::nullopt);
  EXPECT_EQ(deep.feed("x"), 1'000'000U);
}

TEST(CompilePattern, SaysWhatItCannotUse) {
  const auto says = [](const std::string& pattern, const std::string& what) {
    EXPECT_TRUE(why_not(pattern).contains(what)) << pattern << ": " << why_not(pattern);
  };
  says("(a", "at byte 2: a ( without its )");
  says("a)", "a ) without its (");
  says("[a", "a [ without its ]");
  says("*a", "nothing that could be repeated");
  says("^*", "nothing that could be repeated");
  says("a{", "a number from 0 to 1000");
  says("a{2,1}", "wrong order");
  says("a{5000}", "a number from 0 to 1000");
  says("{", "nothing that could be repeated before this {");
  says("a\\", "nothing after the last \\");
  says("(a)\\1", "backreferences");
  says("(?=a)", "lookahead");
  says("(?<n>a)", "no such kind of group");
  says("\\q", "no such escape");
  says("\\xg1", "2 hexadecimal digits");
  says("[b-a]", "this range");
  says("[\\d-x]", "it can be used");
  says("[[:alpha:]]", "names");
  says("((a{100}){100}){100}", "more than 4096 steps");
  says("(((){1000}){1000}){1000}", "more than 4096 steps");
  says("(?:(?:(?:){1000}){1000}){1000}", "it can be used");
  says(std::string(40, '(') + std::string(40, ')'), "too many groups");
  std::string nested = "a";
  for (int i = 0; i < 70; ++i) nested = "(?:" + nested + ")";
  says(nested, "too deep");
}

// Whatever bytes come: read or refused, never more.
TEST(CompilePattern, ReadsOrRefusesAnyText) {
  std::mt19937 random{8};
  const std::string letters = "ab()[]{}|*+?^$.\\-,:=!0129xudDsSwWbBn";
  int n_used = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string pattern;
    for (auto n = random() % 12; n > 0; --n) pattern += letters[random() % letters.size()];
    const auto program = compile_pattern(pattern);
    if (!program) continue;
    ++n_used;
    (void)TriggerPattern{*program}.feed("ab01 (x)");
  }
  EXPECT_GT(n_used, 500);
}

}  // namespace
}  // namespace minerva::inference
