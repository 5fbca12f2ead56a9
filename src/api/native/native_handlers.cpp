#include "api/native/native_handlers.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/native/health.h"
#include "wire/messages.h"

namespace minerva::api::native {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> respond(http::Exchange& exchange, http::Response response) {
  // A client that left needs no answer.
  std::ignore = co_await exchange.respond(std::move(response));
}

http::Response json_response(const Json& body) {
  http::Response response;
  response.body = to_text(body);
  return response;
}

Json ready_json(const Error& error) {
  return {{"status", "not_ready"}, {"code", traits(error.code).name}, {"reason", error.message}};
}

}  // namespace

asio::awaitable<void> handle_health(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  const gateway::GatewayStatus status = context->gateway.status();
  if (!context->keys.identify(exchange.request().headers)) {
    co_return co_await respond(exchange, json_response({{"status", health_word(status)}}));
  }
  const auto uptime = std::chrono::steady_clock::now() - context->started;
  const Json body = health_json(status, std::chrono::duration_cast<std::chrono::seconds>(uptime));
  co_await respond(exchange, json_response(body));
}

asio::awaitable<void> handle_ready(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  const Status ready = readiness(context->gateway.status());
  if (ready) co_return co_await respond(exchange, json_response({{"status", "ready"}}));
  http::Response response = json_response(ready_json(ready.error()));
  response.status = 503;
  response.headers.emplace_back("retry-after", std::to_string(std::max(1U, ready.error().retry_after_s)));
  co_await respond(exchange, std::move(response));
}

asio::awaitable<void> handle_metrics(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = context->gateway.metrics_text();
  co_await respond(exchange, std::move(response));
}

asio::awaitable<void> handle_version(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  co_await respond(exchange, json_response({{"name", "minerva"},
                                            {"version", MINERVA_VERSION},
                                            {"protocol", wire::kProtocolVersion},
                                            {"engine", context->gateway.status().engine_version},
                                            {"build_type", MINERVA_BUILD_TYPE}}));
}

asio::awaitable<void> handle_root(std::shared_ptr<ApiContext> context, http::Exchange& exchange) {
  co_await respond(exchange, json_response({{"name", "minerva"},
                                            {"version", MINERVA_VERSION},
                                            {"model", context->gateway.status().model_name},
                                            {"endpoints",
                                             {"POST /v1/chat/completions", "GET /v1/models", "GET /health",
                                              "GET /readyz", "GET /metrics", "GET /version"}}}));
}

}  // namespace minerva::api::native
