#include "base/utf8.h"

#include <gtest/gtest.h>

namespace minerva::utf8 {
namespace {

using namespace std::string_literals;

TEST(Utf8, AValidTextHasNoInvalidByteAndNoTail) {
  for (const auto& text : {""s, "a"s, "é"s, "€"s, "𝄞"s, "aé€𝄞"s, "\0x"s, "\xEF\xBF\xBF"s}) {
    EXPECT_EQ(first_invalid(text), std::string::npos) << text;
    EXPECT_EQ(incomplete_tail(text), 0U) << text;
    EXPECT_EQ(sanitize(text), text);
  }
}

TEST(Utf8, ACutCodePointIsATailThatMayYetBeCompleted) {
  const std::string clef = "\xF0\x9D\x84\x9E";
  for (std::size_t cut = 1; cut < clef.size(); ++cut) {
    EXPECT_EQ(incomplete_tail("ab" + clef.substr(0, cut)), cut);
  }
}

TEST(Utf8, ATailThatCannotBecomeValidIsNotWaitedFor) {
  EXPECT_EQ(incomplete_tail("a\x80"), 0U);      // a continuation without a lead
  EXPECT_EQ(incomplete_tail("a\xFF"), 0U);      // no lead byte at all
  EXPECT_EQ(incomplete_tail("a\xE0\x80"), 0U);  // overlong
  EXPECT_EQ(incomplete_tail("a\xED\xA0"), 0U);  // surrogate
  EXPECT_EQ(incomplete_tail("a\xF4\x90"), 0U);  // above U+10FFFF
  EXPECT_EQ(incomplete_tail("\x80\x80\x80\x80"), 0U);
}

TEST(Utf8, EachMaximalInvalidPartBecomesOneReplacement) {
  // The example of the Unicode standard, table 3-8 (section 3.9).
  EXPECT_EQ(sanitize("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(sanitize("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "\uFFFD\uFFFD\uFFFD\uFFFDA");
}

TEST(Utf8, TheFirstInvalidByteIsFoundBehindValidText) {
  EXPECT_EQ(first_invalid("é\xFFz"), 2U);
  EXPECT_EQ(first_invalid("ab\xE2\x82"), 2U);
}

TEST(Utf8, AnExcerptEndsBetweenCodePoints) {
  EXPECT_EQ(excerpt("aé", 3), "aé");
  EXPECT_EQ(excerpt("aéb", 2), "a…");
  EXPECT_EQ(excerpt("a\xFFz", 2), "a\uFFFD…");
}

}  // namespace
}  // namespace minerva::utf8
