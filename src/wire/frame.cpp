#include "wire/frame.h"

#include <fmt/format.h>

namespace minerva::wire {
namespace {

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::uint16_t read_u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) | (byte_at(bytes, at + 1) << 8));
}

// Buffers that grew for one large frame are given back once empty.
constexpr std::size_t kKeepCapacity = std::size_t{1} << 20;

}  // namespace

std::array<char, kFrameHeaderBytes> encode_header(FrameHeader header) {
  std::array<char, kFrameHeaderBytes> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes.at(i) = static_cast<char>((header.n_payload >> (8 * i)) & 0xFFU);
  for (std::size_t i = 0; i < 2; ++i) {
    bytes.at(4 + i) = static_cast<char>((header.type >> (8 * i)) & 0xFFU);
    bytes.at(6 + i) = static_cast<char>((kFrameMark >> (8 * i)) & 0xFFU);
  }
  return bytes;
}

Result<FrameHeader> decode_header(std::string_view bytes) {
  FrameHeader header{.n_payload = 0, .type = read_u16(bytes, 4)};
  for (std::size_t i = 0; i < 4; ++i)
    header.n_payload |= static_cast<std::uint32_t>(byte_at(bytes, i)) << (8 * i);
  if (read_u16(bytes, 6) != kFrameMark)
    return fail(ErrorCode::kInternal, "the peer's stream lost its framing");
  if (header.n_payload > kMaxFramePayload) {
    return fail(ErrorCode::kInternal, fmt::format("a frame of {} bytes is above the limit of {}",
                                                  header.n_payload, kMaxFramePayload));
  }
  return header;
}

Result<std::optional<Frame>> FrameReader::next() {
  const std::string_view rest = std::string_view{buffer_}.substr(taken_);
  if (rest.size() < kFrameHeaderBytes) return std::nullopt;
  const auto header = decode_header(rest);
  if (!header) return std::unexpected(header.error());
  const std::size_t whole = kFrameHeaderBytes + header->n_payload;
  if (rest.size() < whole) {
    if (taken_ > 0) buffer_.erase(0, taken_), taken_ = 0;
    return std::nullopt;
  }
  Frame frame{.type = header->type,
              .payload = std::string{rest.substr(kFrameHeaderBytes, header->n_payload)}};
  taken_ += whole;
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
    if (buffer_.capacity() > kKeepCapacity) buffer_.shrink_to_fit();
  }
  return frame;
}

}  // namespace minerva::wire
