#pragma once
// The golden files, and what a rendering must be to agree with one.

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "wire/types.h"

namespace minerva::test {

using Json = nlohmann::ordered_json;

// A file below tests/data (tests run in the repository's root).
[[nodiscard]] std::string read_data(const std::string& path);
[[nodiscard]] Json read_golden(const std::string& name);

// Renders with the golden clock.
[[nodiscard]] Result<wire::PromptText> render(const std::string& source, const Json& untrusted,
                                              const Json& trusted = Json::object());

// Empty when `outcome` is what the golden case says, else what is wrong. A message of raise_exception must be the same
// to the letter; other errors only have to be errors, since their words are Python's.
[[nodiscard]] std::string difference(const Json& golden, const Result<wire::PromptText>& outcome);

// The bytes of all spans of this origin, in order, with "|" between spans.
[[nodiscard]] std::string text_of(const wire::PromptText& prompt, wire::Origin origin);

}  // namespace minerva::test
