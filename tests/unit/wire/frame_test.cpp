#include "wire/frame.h"

#include <gtest/gtest.h>

namespace minerva::wire {
namespace {

std::string framed(std::uint16_t type, const std::string& payload) {
  const auto header = encode_header({.n_payload = static_cast<std::uint32_t>(payload.size()), .type = type});
  return std::string{header.data(), header.size()} + payload;
}

TEST(FrameReader, GivesTheSameFramesHoweverTheBytesArrive) {
  const std::string bytes = framed(1, "alpha") + framed(2, "") + framed(3, std::string(1000, 'x'));
  for (std::size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
      reader.feed(std::string_view{bytes}.substr(at, chunk));
      while (true) {
        auto frame = reader.next();
        ASSERT_TRUE(frame.has_value());
        if (!*frame) break;
        frames.push_back(std::move(**frame));
      }
    }
    ASSERT_EQ(frames.size(), 3U) << "chunk " << chunk;
    EXPECT_EQ(frames[0].payload, "alpha");
    EXPECT_EQ(frames[1].type, 2);
    EXPECT_EQ(frames[2].payload.size(), 1000U);
  }
}

TEST(FrameReader, AnUnfinishedFrameIsNotGivenOut) {
  const std::string bytes = framed(7, "payload");
  FrameReader reader;
  reader.feed(std::string_view{bytes}.substr(0, bytes.size() - 1));
  const auto frame = reader.next();
  ASSERT_TRUE(frame.has_value());
  EXPECT_FALSE(frame->has_value());
}

TEST(FrameHeader, AWrongMarkIsALostStream) {
  std::string bytes = framed(1, "");
  bytes[6] = 'z';
  FrameReader reader;
  reader.feed(bytes);
  EXPECT_FALSE(reader.next().has_value());
}

TEST(FrameHeader, AnOversizedLengthIsRefusedBeforeAnyPayloadIsRead) {
  const auto header = encode_header({.n_payload = kMaxFramePayload + 1, .type = 1});
  FrameReader reader;
  reader.feed({header.data(), header.size()});
  const auto frame = reader.next();
  ASSERT_FALSE(frame.has_value());
  EXPECT_EQ(frame.error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace minerva::wire
