#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "api/json_text.h"
#include "api/openai/errors.h"
#include "api/routes.h"

namespace minerva::api {
namespace {

std::map<std::string, std::string> headers_of(const http::Response& response) {
  return {response.headers.begin(), response.headers.end()};
}

struct Expected {
  ErrorCode code;
  int status;
  std::string type;
  std::string wire_code;
};

const std::vector<Expected> kExpected{
    {ErrorCode::kInvalidRequest, 400, "invalid_request_error", "invalid_request"},
    {ErrorCode::kUnauthorized, 401, "authentication_error", "invalid_api_key"},
    {ErrorCode::kForbidden, 403, "invalid_request_error", "forbidden"},
    {ErrorCode::kNotFound, 404, "invalid_request_error", "not_found"},
    {ErrorCode::kMethodNotAllowed, 405, "invalid_request_error", "method_not_allowed"},
    {ErrorCode::kModelNotFound, 404, "invalid_request_error", "model_not_found"},
    {ErrorCode::kModelInvalid, 500, "server_error", "model_invalid"},
    {ErrorCode::kModelOutOfMemory, 500, "server_error", "model_out_of_memory"},
    {ErrorCode::kGpuNotAvailable, 503, "service_unavailable_error", "gpu_not_available"},
    {ErrorCode::kContextTooSmall, 400, "invalid_request_error", "context_too_small"},
    {ErrorCode::kContextOverflow, 400, "invalid_request_error", "context_length_exceeded"},
    {ErrorCode::kTokenizationFailed, 400, "invalid_request_error", "tokenization_failed"},
    {ErrorCode::kTemplateFailed, 400, "invalid_request_error", "template_failed"},
    {ErrorCode::kSamplingFailed, 500, "server_error", "sampling_failed"},
    {ErrorCode::kOutOfMemory, 503, "service_unavailable_error", "out_of_memory"},
    {ErrorCode::kWorkerCrashed, 500, "server_error", "worker_crashed"},
    {ErrorCode::kWorkerHung, 500, "server_error", "worker_hung"},
    {ErrorCode::kNotReady, 503, "service_unavailable_error", "not_ready"},
    {ErrorCode::kTimeout, 504, "server_error", "timeout"},
    {ErrorCode::kQueueFull, 503, "service_unavailable_error", "queue_full"},
    {ErrorCode::kRateLimited, 429, "rate_limit_error", "rate_limited"},
    {ErrorCode::kCancelled, 499, "invalid_request_error", "cancelled"},
    {ErrorCode::kClientTooSlow, 408, "invalid_request_error", "client_too_slow"},
    {ErrorCode::kBodyTooLarge, 413, "invalid_request_error", "body_too_large"},
    {ErrorCode::kHeadersTooLarge, 431, "invalid_request_error", "headers_too_large"},
    {ErrorCode::kAddressInUse, 500, "server_error", "address_in_use"},
    {ErrorCode::kInvalidConfiguration, 500, "server_error", "invalid_configuration"},
    {ErrorCode::kShuttingDown, 503, "service_unavailable_error", "shutting_down"},
    {ErrorCode::kInternal, 500, "server_error", "internal"},
};

TEST(ErrorPages, GiveEveryCodeItsStatusTypeAndName) {
  ASSERT_EQ(kExpected.size(), kErrorCodeCount);
  for (const Expected& expected : kExpected) {
    const http::Response response = render_error({}, {.code = expected.code, .message = "why", .field = {}});
    EXPECT_EQ(response.status, expected.status) << expected.wire_code;
    EXPECT_EQ(response.content_type, "application/json");
    const Json error = Json::parse(response.body)["error"];
    EXPECT_EQ(error["type"], expected.type) << expected.wire_code;
    EXPECT_EQ(error["code"], expected.wire_code);
    EXPECT_EQ(error["message"], "why");
  }
}

TEST(ErrorPages, NameTheFieldAsParam) {
  const auto param = [](const Error& error) {
    return Json::parse(openai::error_body(error))["error"]["param"];
  };
  EXPECT_EQ(param({.code = ErrorCode::kInvalidRequest, .message = "", .field = "messages[2].content"}),
            "messages[2].content");
  EXPECT_EQ(param({.code = ErrorCode::kInvalidRequest, .message = "", .field = ""}), nullptr);
  EXPECT_EQ(param({.code = ErrorCode::kModelNotFound, .message = "", .field = ""}), "model");
}

TEST(ErrorPages, SayWhenToTryAgainWhereThatCanHelp) {
  const auto headers = [](ErrorCode code, std::uint32_t seconds) {
    return headers_of(
        openai::error_response({.code = code, .message = {}, .field = {}, .retry_after_s = seconds}));
  };
  EXPECT_EQ(headers(ErrorCode::kQueueFull, 4).at("retry-after"), "4");
  EXPECT_EQ(headers(ErrorCode::kQueueFull, 0).at("retry-after"), "1");
  EXPECT_EQ(headers(ErrorCode::kRateLimited, 2).at("retry-after"), "2");
  EXPECT_FALSE(headers(ErrorCode::kInvalidRequest, 0).contains("retry-after"));
  EXPECT_EQ(headers(ErrorCode::kModelInvalid, 0).at("x-should-retry"), "false");
  EXPECT_FALSE(headers(ErrorCode::kWorkerCrashed, 0).contains("x-should-retry"));
  EXPECT_EQ(headers(ErrorCode::kUnauthorized, 0).at("www-authenticate"), "Bearer");
}

// docs/errors.md is written for people and held to the table by this: | `code` | HTTP | exit status | retry | … |
TEST(ErrorPages, AreTheOnesInTheDocument) {
  std::ifstream file("docs/errors.md");
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty()) << "docs/errors.md is not readable from the working directory";
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    const ErrorTraits& about = traits(static_cast<ErrorCode>(i));
    const std::string row = "| `" + std::string(about.name) + "` | " + std::to_string(about.http_status) +
                            " | " + std::to_string(about.exit_status) + " | " +
                            (about.retryable ? "yes" : "no") + " |";
    EXPECT_NE(text.str().find(row), std::string::npos) << "no row that begins with: " << row;
  }
}

}  // namespace
}  // namespace minerva::api
