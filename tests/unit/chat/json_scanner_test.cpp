#include "chat/tools/json_scanner.h"

#include <gtest/gtest.h>

#include <string_view>

namespace minerva::chat {
namespace {

using Step = JsonScanner::Step;

// What the last byte of `text` gives, given that all before it are kMore.
Step last_step(std::string_view text) {
  JsonScanner scanner;
  for (const char c : text.substr(0, text.size() - 1))
    EXPECT_EQ(scanner.push(c), Step::kMore) << text << " at " << c;
  return scanner.push(text.back());
}

TEST(JsonScannerTest, EndsWithTheLastByteOfAValue) {
  for (const char* text : {R"({})", R"([])", R"("a")", "true", "false", "null",
                           R"( {"a" : [1, -2.5e+3, "\u00e9\"\\", {}], "b": null} )",
                           R"({"a": 0, "b": -0.5, "c": 1E9})", R"([[], [true, false], {"": ""}])"}) {
    std::string_view whole(text);
    while (whole.ends_with(' ')) whole.remove_suffix(1);
    EXPECT_EQ(last_step(whole), Step::kDone) << text;
  }
}

TEST(JsonScannerTest, EndsANumberWithTheByteBehindIt) {
  for (const char* text : {"1,", "0 ", "-12.5}", "1e5]", "3.25E-7\n"})
    EXPECT_EQ(last_step(text), Step::kEndedBefore) << text;
}

TEST(JsonScannerTest, RefusesTheFirstByteThatCannotStandThere) {
  for (const char* text :
       {"x",    "{x",        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1 2", "{\"a\" 1",
        "{,",   "[}",        "{]",      "tru3",     "nulL",       "-x",   "1.x",  "1ex",
        "1e+x", "{\"a\":01", "\"\\x",   "\"\\u12g", "{\"a\":'",   "[.",   "{1"})
    EXPECT_EQ(last_step(text), Step::kBad) << text;
}

TEST(JsonScannerTest, LetsControlCharactersThroughInsideStrings) {
  JsonScanner scanner;
  EXPECT_FALSE(scanner.in_string());
  EXPECT_EQ(scanner.push('"'), Step::kMore);
  EXPECT_EQ(scanner.push('\n'), Step::kMore);
  EXPECT_TRUE(scanner.in_string());
  EXPECT_EQ(scanner.push('"'), Step::kDone);
  EXPECT_FALSE(scanner.in_string());
}

TEST(JsonScannerTest, EndsNestingAtItsLimit) {
  EXPECT_EQ(last_step(std::string(JsonScanner::kMaxDepth, '[')), Step::kMore);
  EXPECT_EQ(last_step(std::string(JsonScanner::kMaxDepth + 1, '[')), Step::kBad);
}

}  // namespace
}  // namespace minerva::chat
