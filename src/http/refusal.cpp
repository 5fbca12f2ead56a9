#include "http/refusal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "http/host_check.h"

namespace minerva::http {
namespace {

Status check_host(const ServerState& server, const Request& request) {
  const auto host = find_header(request.headers, "host");
  if (!server.options.check_host || !server.loopback_only || !host || names_loopback(*host)) return {};
  if (equal_ignoring_case(host_without_port(*host), server.options.host)) return {};
  return fail(
      ErrorCode::kForbidden,
      fmt::format(
          "this server is for this machine only and answers to localhost, 127.0.0.1 and [::1], not to "
          "'{}'; a web page may not reach it under a name of its own (DNS rebinding)",
          host_without_port(*host)),
      "host");
}

Refusal no_such_path(const Request& request) {
  return {.error = {.code = ErrorCode::kNotFound,
                    .message = fmt::format("there is nothing at {}", request.path),
                    .field = {}}};
}

Refusal no_such_method(const Request& request, const RouteMatch& route) {
  std::string allow = allow_header(route);
  return {.error = {.code = ErrorCode::kMethodNotAllowed,
                    .message =
                        fmt::format("{} does not take {}; it takes {}", request.path, request.method, allow),
                    .field = {}},
          .allow = std::move(allow)};
}

Refusal unknown_encoding(std::string_view encoding) {
  return {.error = {.code = ErrorCode::kInvalidRequest,
                    .message = fmt::format("Content-Encoding '{}' is not supported; send the body as it is",
                                           encoding),
                    .field = "content-encoding"},
          .status = 415};
}

Refusal unknown_expectation(std::string_view expectation) {
  return {
      .error = {.code = ErrorCode::kInvalidRequest,
                .message = fmt::format("'Expect: {}' is not supported; only 100-continue is", expectation),
                .field = "expect"},
      .status = 417};
}

void set_default(Headers& headers, std::string_view name, std::string value) {
  if (!find_header(headers, name)) headers.emplace_back(name, std::move(value));
}

}  // namespace

std::string allow_header(const RouteMatch& route) {
  return fmt::format("{}", fmt::join(route.allowed, ", "));
}

std::optional<Refusal> objection(const ServerState& server, const Request& request, const RouteMatch& route) {
  const auto because = [](Status status) { return Refusal{.error = std::move(status.error())}; };
  if (Status ours = check_host(server, request); !ours) return because(std::move(ours));
  if (request.method == "OPTIONS" && !route.allowed.empty()) return std::nullopt;
  if (server.options.authorize) {
    if (Status known = server.options.authorize(request); !known) return because(std::move(known));
  }
  if (route.allowed.empty()) return no_such_path(request);
  if (route.handler == nullptr) return no_such_method(request, route);
  const auto encoding = find_header(request.headers, "content-encoding");
  if (encoding && !equal_ignoring_case(*encoding, "identity")) return unknown_encoding(*encoding);
  const auto expectation = find_header(request.headers, "expect");
  if (expectation && !equal_ignoring_case(*expectation, "100-continue"))
    return unknown_expectation(*expectation);
  return std::nullopt;
}

Response render(const ServerState& server, const Request& request, const Refusal& refusal) {
  const Error& error = refusal.error;
  Response response{.status = traits(error.code).http_status,
                    .content_type = "text/plain; charset=utf-8",
                    .body = error.message + "\n",
                    .headers = {}};
  if (server.options.render_error) response = server.options.render_error(request, error);
  if (refusal.status != 0) response.status = refusal.status;
  if (response.status == 401) set_default(response.headers, "WWW-Authenticate", "Bearer");
  if (error.retry_after_s > 0)
    set_default(response.headers, "Retry-After", fmt::format("{}", error.retry_after_s));
  if (!refusal.allow.empty()) set_default(response.headers, "Allow", refusal.allow);
  return response;
}

}  // namespace minerva::http
