#pragma once
// How the server is, in JSON and in one word.
//
// Threads: pure functions.

#include <chrono>
#include <string_view>

#include "api/json_text.h"
#include "base/error.h"
#include "gateway/gateway.h"

namespace minerva::api::native {

// Nothing when new requests can be served now, else the error that one would get: kNotReady, kShuttingDown, kWorkerHung, or
// what keeps the worker from serving.
[[nodiscard]] Status readiness(const gateway::GatewayStatus& status);

// "ok", "loading", "degraded" (a worker died or is stuck; the gateway deals with it), "draining" or "failed".
[[nodiscard]] std::string_view health_word(const gateway::GatewayStatus& status);

[[nodiscard]] Json health_json(const gateway::GatewayStatus& status, std::chrono::seconds uptime);

}  // namespace minerva::api::native
