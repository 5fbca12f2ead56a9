#include "inference/text_assembler.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"

namespace minerva::inference {
namespace {

TEST(TextAssembler, GivesTheSameTextHoweverItIsCut) {
  const std::string text = "a é € 😀 \xF0\x9F zz \xFF\xC3(";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    for (std::size_t second = cut; second <= text.size(); ++second) {
      TextAssembler assembler;
      std::string got;
      for (const auto& part : {text.substr(0, cut), text.substr(cut, second - cut), text.substr(second)}) {
        const std::string piece = assembler.feed(part);
        EXPECT_EQ(utf8::first_invalid(piece), std::string::npos);
        got += piece;
      }
      EXPECT_EQ(got + assembler.finish(), utf8::sanitize(text)) << cut << " " << second;
    }
  }
}

TEST(TextAssembler, DoesNotHoldBackWhatIsWhole) {
  TextAssembler assembler;
  EXPECT_EQ(assembler.feed("caf\xC3"), "caf");
  EXPECT_EQ(assembler.feed("\xA9!"), "é!");
  EXPECT_EQ(assembler.finish(), "");
}

TEST(TextAssembler, ShowsAnUnfinishedCodePointAtTheEnd) {
  TextAssembler assembler;
  EXPECT_EQ(assembler.feed("x\xE2\x82"), "x");
  EXPECT_EQ(assembler.finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(assembler.finish(), "");
}

TEST(TextAssembler, AgreesWithTheWholeTextOnRandomBytes) {
  std::mt19937 random{3};
  for (int round = 0; round < 500; ++round) {
    TextAssembler assembler;
    std::string text;
    std::string got;
    for (int i = 0; i < 30; ++i) {
      const char byte = static_cast<char>(random() % 3 == 0 ? 'a' : 0x80 + random() % 0x80);
      text += byte;
      got += assembler.feed(std::string(1, byte));
    }
    ASSERT_EQ(got + assembler.finish(), utf8::sanitize(text)) << "round " << round;
  }
}

}  // namespace
}  // namespace minerva::inference
