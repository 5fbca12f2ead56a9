#pragma once
// Request fields that this version cannot honour and that would change the answer's meaning when passed over in silence:
// refused unless their value asks for nothing.
//
// Threads: pure function. Errors: kInvalidRequest naming the field.

#include "api/json_text.h"
#include "base/error.h"

namespace minerva::api::openai {

[[nodiscard]] Status refuse_unsupported(const Json& body);

}  // namespace minerva::api::openai
