#pragma once
// Framing on the byte stream: a fixed header, then the payload.
//
//   bytes 0-3  length of the payload, little-endian
//   bytes 4-5  type: index in wire::Message, little-endian
//   bytes 6-7  kFrameMark, little-endian: a peer that lost its place is found out at once
//
// Threads: values; a FrameReader belongs to one reader.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::wire {

inline constexpr std::size_t kFrameHeaderBytes = 8;
inline constexpr std::uint16_t kFrameMark = 0x4D56;  // "VM"
// Above the largest prompt a gateway lets in (its body limit), with room for the tokens of that prompt coming back.
inline constexpr std::uint32_t kMaxFramePayload = 256U * 1024 * 1024;

struct FrameHeader {
  std::uint32_t n_payload = 0;
  std::uint16_t type = 0;
};

struct Frame {
  std::uint16_t type = 0;
  std::string payload;
};

[[nodiscard]] std::array<char, kFrameHeaderBytes> encode_header(FrameHeader header);

// kInternal when the mark is wrong or the length above kMaxFramePayload.
[[nodiscard]] Result<FrameHeader> decode_header(std::string_view bytes);

// Collects bytes as they come and gives back whole frames.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }

  // The next whole frame, nothing when bytes are missing, or the header's error (after which the stream is lost).
  [[nodiscard]] Result<std::optional<Frame>> next();

 private:
  std::string buffer_;
  std::size_t taken_ = 0;  // consumed bytes at the front of buffer_
};

}  // namespace minerva::wire
