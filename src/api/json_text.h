#pragma once
// JSON text from a client to a value, and back.
//
// Errors: kInvalidRequest that says at which line and column the text stops being JSON.

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::api {

using Json = nlohmann::ordered_json;

// Deeper nesting than this has no use in any dialect, and would cost stack in whoever walks the value.
inline constexpr int kMaxJsonDepth = 64;

[[nodiscard]] Result<Json> parse_json(std::string_view text);

// One line. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_text(const Json& value);

// For error messages: as above, cut after about 60 bytes.
[[nodiscard]] std::string excerpt(const Json& value);

}  // namespace minerva::api
