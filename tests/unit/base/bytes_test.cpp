#include "base/bytes.h"

#include <gtest/gtest.h>

namespace minerva {
namespace {

TEST(Bytes, AreShownInTheLargestBinaryUnitThatFits) {
  EXPECT_EQ(to_string(Bytes{0}), "0 B");
  EXPECT_EQ(to_string(Bytes{1023}), "1023 B");
  EXPECT_EQ(to_string(Bytes{1024}), "1.0 KiB");
  EXPECT_EQ(to_string(Bytes{1536 * 1024}), "1.5 MiB");
  EXPECT_EQ(to_string(Bytes{25'769'803'776}), "24.0 GiB");
}

TEST(Bytes, AreReadWithAndWithoutUnits) {
  EXPECT_EQ(parse_bytes("512")->value, 512U);
  EXPECT_EQ(parse_bytes("512B")->value, 512U);
  EXPECT_EQ(parse_bytes("4K")->value, 4096U);
  EXPECT_EQ(parse_bytes("4kb")->value, 4096U);
  EXPECT_EQ(parse_bytes("2GiB")->value, 2147483648U);
}

TEST(Bytes, RefuseWhatIsNoSize) {
  for (const char* text : {"", "G", "-1", "1.5G", "10X", "1GG", "99999999999G", "18446744073709551616"}) {
    const auto bytes = parse_bytes(text);
    ASSERT_FALSE(bytes.has_value()) << text;
    EXPECT_EQ(bytes.error().code, ErrorCode::kInvalidRequest);
    EXPECT_NE(bytes.error().message.find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace minerva
