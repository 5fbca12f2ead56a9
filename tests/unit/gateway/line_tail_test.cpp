#include "gateway/line_tail.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace minerva::gateway {
namespace {

struct LineTailTest : testing::Test {
  std::vector<std::string> seen;
  LineTail tail{[this](std::string_view line) { seen.emplace_back(line); }};
};

TEST_F(LineTailTest, GivesEachLineOnceHoweverTheBytesAreCut) {
  const std::string text = "one\ntwo\r\n\nfour\n";
  for (const char byte : text) tail.feed({&byte, 1});
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "two", "", "four"}));
  EXPECT_EQ(tail.text(), "one\ntwo\n\nfour");
}

TEST_F(LineTailTest, TakesAnUnfinishedLineAtTheEnd) {
  tail.feed("aborted");
  EXPECT_TRUE(seen.empty());
  tail.finish();
  tail.finish();
  EXPECT_EQ(seen, (std::vector<std::string>{"aborted"}));
}

TEST_F(LineTailTest, KeepsTheLastLinesOnly) {
  for (std::size_t i = 0; i < LineTail::kMaxLines + 3; ++i) tail.feed("line " + std::to_string(i) + "\n");
  EXPECT_TRUE(tail.text().starts_with("line 3\n"));
  EXPECT_TRUE(tail.text().ends_with("line 66"));
}

TEST_F(LineTailTest, CutsALineThatNeverEnds) {
  const std::string block(1000, 'x');
  for (int i = 0; i < 100; ++i) tail.feed(block);
  tail.feed("\nnext\n");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].size(), LineTail::kMaxLineBytes);
  EXPECT_EQ(seen[1], "next");
}

}  // namespace
}  // namespace minerva::gateway
