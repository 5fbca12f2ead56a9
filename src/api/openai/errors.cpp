#include "api/openai/errors.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "api/json_text.h"

namespace minerva::api::openai {
namespace {

// Seconds to wait when the error brings no number of its own.
constexpr std::uint32_t kDefaultRetryAfter = 1;

}  // namespace

std::string_view wire_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kContextOverflow: return "context_length_exceeded";
    case ErrorCode::kUnauthorized: return "invalid_api_key";
    default: return traits(code).name;
  }
}

std::string_view wire_type(ErrorCode code) {
  const int status = traits(code).http_status;
  switch (status) {
    case 401: return "authentication_error";
    case 429: return "rate_limit_error";
    case 503: return "service_unavailable_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::string error_body(const Error& error) {
  const Json param = error.code == ErrorCode::kModelNotFound ? Json("model")
                     : error.field.empty()                   ? Json(nullptr)
                                                             : Json(error.field);
  return to_text({{"error",
                   {{"message", error.message},
                    {"type", wire_type(error.code)},
                    {"param", param},
                    {"code", wire_code(error.code)}}}});
}

http::Response error_response(const Error& error) {
  const ErrorTraits& about = traits(error.code);
  http::Response response{.status = about.http_status,
                          .content_type = "application/json",
                          .body = error_body(error),
                          .headers = {}};
  if (about.http_status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  if (about.http_status == 503 || about.http_status == 429) {
    const std::uint32_t seconds = error.retry_after_s == 0 ? kDefaultRetryAfter : error.retry_after_s;
    response.headers.emplace_back("retry-after", std::to_string(seconds));
  }
  // These clients repeat 408, 409, 429 and every 5xx unless told otherwise.
  if (!about.retryable && about.http_status >= 500) response.headers.emplace_back("x-should-retry", "false");
  return response;
}

}  // namespace minerva::api::openai
