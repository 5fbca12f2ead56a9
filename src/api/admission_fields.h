#pragma once
// The request fields that say how urgent a request is and how long its client waits: Minerva's own, the same in every dialect.
//
// Threads: pure functions.

#include "api/access_keys.h"
#include "api/parameter_parser.h"
#include "base/error.h"
#include "gateway/generation_request.h"

namespace minerva::api {

inline constexpr std::int64_t kHighestPriority = 10;  // and the lowest is its negative

// priority, timeout_ms.
void read_admission(ParameterParser& fields, gateway::GenerationRequest& request);

// Makes it the caller's request. kForbidden when it has a priority and the caller may not ask for one.
[[nodiscard]] Status sign(gateway::GenerationRequest& request, const Caller& caller);

}  // namespace minerva::api
