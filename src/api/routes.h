#pragma once
// The doors of the API: which path goes to which handler, who may come in, and how an error looks that no handler saw.
//
// Threads: the I/O thread, before the HTTP server starts.

#include <functional>
#include <memory>

#include "api/api_context.h"
#include "base/error.h"
#include "http/message.h"
#include "http/router.h"

namespace minerva::api {

void register_routes(http::Router& router, std::shared_ptr<ApiContext> context);

// For http::ServerOptions: kUnauthorized without a valid key, except for the paths that probes use.
[[nodiscard]] std::function<Status(const http::Request&)> make_authorize(
    std::shared_ptr<const ApiContext> context);

// For http::ServerOptions: the error in the shape of the dialect that the request's path belongs to.
[[nodiscard]] http::Response render_error(const http::Request& request, const Error& error);

}  // namespace minerva::api
