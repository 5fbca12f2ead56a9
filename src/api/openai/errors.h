#pragma once
// Errors in OpenAI's shape: {"error": {"message", "type", "param", "code"}}.
//
// `code` is the error's stable name, except where OpenAI's clients look for another: context_length_exceeded,
// invalid_api_key. Threads: pure functions.

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace minerva::api::openai {

// What this dialect calls the code.
[[nodiscard]] std::string_view wire_code(ErrorCode code);
[[nodiscard]] std::string_view wire_type(ErrorCode code);

// The body, one line.
[[nodiscard]] std::string error_body(const Error& error);

// With Retry-After where a retry can help, and x-should-retry: false where OpenAI's clients would try again in vain.
[[nodiscard]] http::Response error_response(const Error& error);

}  // namespace minerva::api::openai
