#pragma once
// The keywords of JSON Schema, and what to say of those that no grammar can follow.
//
// Threads: pure functions. Errors: kInvalidRequest whose field is the path.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "chat/schema/shape.h"

namespace minerva::chat::schema {

[[nodiscard]] std::unexpected<Error> refuse(const std::string& path, std::string_view why);

// An error for a keyword that cannot be enforced, unless its value asks for nothing. Unknown ones are annotations.
[[nodiscard]] Status check_keyword(const SchemaRef& schema, const std::string& keyword, bool at_root);

[[nodiscard]] bool is_number_keyword(std::string_view keyword);
[[nodiscard]] bool is_count_keyword(std::string_view keyword);
[[nodiscard]] std::optional<std::uint32_t> types_named(std::string_view type);

// A name as a part of a JSON pointer (RFC 6901).
[[nodiscard]] std::string pointer_part(std::string_view name);
// The pointer that a URI's fragment spells with % (RFC 3986).
[[nodiscard]] std::string unescaped_fragment(std::string_view fragment);

}  // namespace minerva::chat::schema
