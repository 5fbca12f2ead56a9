#include "wire/codec.h"

#include <fmt/format.h>

#include <glaze/beve.hpp>

namespace minerva::wire {
namespace {

struct ReadOptions : glz::opts {
  std::uint32_t format = glz::BEVE;
  bool error_on_unknown_keys = false;
};

template <std::size_t... I>
Result<Message> decode_as(const Frame& frame, std::index_sequence<I...> /*types*/) {
  Result<Message> message =
      fail(ErrorCode::kInternal, fmt::format("a message of the unknown type {}", frame.type));
  const auto attempt = [&]<std::size_t Type>() {
    if (frame.type != Type) return;
    std::variant_alternative_t<Type, Message> value{};
    if (glz::read<ReadOptions{}>(value, frame.payload)) {
      message =
          fail(ErrorCode::kInternal, fmt::format("a message of type {} that does not parse", frame.type));
    } else {
      message = std::move(value);
    }
  };
  (attempt.template operator()<I>(), ...);
  return message;
}

}  // namespace

Result<std::string> encode(const Message& message) {
  std::string payload;
  const bool failed = std::visit(
      [&](const auto& value) { return static_cast<bool>(glz::write_beve(value, payload)); }, message);
  if (failed || payload.size() > kMaxFramePayload) {
    return fail(ErrorCode::kInternal, fmt::format("a message of type {} cannot be encoded ({} bytes)",
                                                  message.index(), payload.size()));
  }
  const auto header = encode_header({.n_payload = static_cast<std::uint32_t>(payload.size()),
                                     .type = static_cast<std::uint16_t>(message.index())});
  payload.insert(0, header.data(), header.size());
  return payload;
}

Result<Message> decode(const Frame& frame) {
  return decode_as(frame, std::make_index_sequence<std::variant_size_v<Message>>{});
}

}  // namespace minerva::wire
