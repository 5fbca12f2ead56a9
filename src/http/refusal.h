#pragma once
// Why a request is not handed to its handler, and the response that says so.
//
// Threads: pure functions.

#include <optional>
#include <string>

#include "base/error.h"
#include "http/message.h"
#include "http/router.h"
#include "http/server_state.h"

namespace minerva::http {

struct Refusal {
  Error error;
  int status = 0;       // where HTTP has a closer one than the error's own
  std::string allow{};  // the Allow header of a 405
};

// The first reason against a request whose head is read, in this order: a Host that is not ours, a wrong key, no such path,
// no such method, an encoding or an expectation we do not know. OPTIONS on a path that exists needs no key.
[[nodiscard]] std::optional<Refusal> objection(const ServerState& server, const Request& request,
                                               const RouteMatch& route);

// "GET, HEAD, OPTIONS"
[[nodiscard]] std::string allow_header(const RouteMatch& route);

[[nodiscard]] Response render(const ServerState& server, const Request& request, const Refusal& refusal);

}  // namespace minerva::http
