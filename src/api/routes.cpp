#include "api/routes.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "api/native/native_handlers.h"
#include "api/openai/chat_handler.h"
#include "api/openai/errors.h"
#include "api/openai/models_handler.h"

namespace minerva::api {
namespace {

using ContextHandler = boost::asio::awaitable<void> (*)(std::shared_ptr<ApiContext>, http::Exchange&);

struct Endpoint {
  std::string_view method;
  std::string_view pattern;
  ContextHandler handler;
};

// The paths without "/v1" are llama-server's aliases.
constexpr std::array kEndpoints{
    Endpoint{"POST", "/v1/chat/completions", openai::handle_chat_completion},
    Endpoint{"POST", "/chat/completions", openai::handle_chat_completion},
    Endpoint{"GET", "/v1/models", openai::handle_model_list},
    Endpoint{"GET", "/models", openai::handle_model_list},
    Endpoint{"GET", "/v1/models/{*}", openai::handle_model},
    Endpoint{"GET", "/health", native::handle_health},
    Endpoint{"GET", "/v1/health", native::handle_health},
    Endpoint{"GET", "/livez", native::handle_health},
    Endpoint{"GET", "/readyz", native::handle_ready},
    Endpoint{"GET", "/metrics", native::handle_metrics},
    Endpoint{"GET", "/version", native::handle_version},
    Endpoint{"GET", "/", native::handle_root},
};

// Probes come without keys.
constexpr std::array<std::string_view, 5> kOpenPaths{"/health", "/v1/health", "/livez", "/readyz",
                                                     "/version"};

}  // namespace

void register_routes(http::Router& router, std::shared_ptr<ApiContext> context) {
  for (const Endpoint& endpoint : kEndpoints) {
    router.add(std::string(endpoint.method), std::string(endpoint.pattern),
               [context, handler = endpoint.handler](http::Exchange& exchange) {
                 return handler(context, exchange);
               });
  }
}

std::function<Status(const http::Request&)> make_authorize(std::shared_ptr<const ApiContext> context) {
  return [context = std::move(context)](const http::Request& request) -> Status {
    if (std::ranges::find(kOpenPaths, request.path) != kOpenPaths.end()) return {};
    const auto caller = context->keys.identify(request.headers);
    return caller ? Status{} : std::unexpected(caller.error());
  };
}

http::Response render_error(const http::Request& /*request*/, const Error& error) {
  return openai::error_response(error);
}

}  // namespace minerva::api
