#include "api/admission_fields.h"

#include <fmt/format.h>

#include <chrono>

namespace minerva::api {
namespace {

constexpr std::int64_t kLongestTimeoutMs = std::chrono::milliseconds{std::chrono::hours{24}}.count();

}  // namespace

void read_admission(ParameterParser& fields, gateway::GenerationRequest& request) {
  fields.integer("priority", {-kHighestPriority, kHighestPriority}, request.priority);
  std::int64_t timeout_ms = 0;
  fields.integer("timeout_ms", {1, kLongestTimeoutMs}, timeout_ms);
  request.timeout = std::chrono::milliseconds{timeout_ms};
}

Status sign(gateway::GenerationRequest& request, const Caller& caller) {
  if (request.priority != 0 && !caller.may_prioritize) {
    return fail(
        ErrorCode::kForbidden,
        fmt::format("priority is {}, but this API key may not set one: leave it out, or have the server "
                    "started with the key as --priority-key",
                    request.priority),
        "priority");
  }
  request.tenant = caller.tenant;
  return {};
}

}  // namespace minerva::api
