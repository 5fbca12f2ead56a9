#pragma once
// Messages to frames and back. The payload is BEVE (https://github.com/beve-org/beve), keyed by field name: unknown
// fields are skipped, missing ones keep their defaults. Safe from any thread.

#include <string>

#include "base/error.h"
#include "wire/frame.h"
#include "wire/messages.h"

namespace minerva::wire {

// Header and payload, ready to write. kInternal when the message is above kMaxFramePayload.
[[nodiscard]] Result<std::string> encode(const Message& message);

// kInternal for a type this version does not know or a payload that does not parse.
[[nodiscard]] Result<Message> decode(const Frame& frame);

}  // namespace minerva::wire
