#pragma once
// The guard against DNS rebinding: a web page can make a browser send requests to 127.0.0.1 under a name of the page's own,
// but it cannot make the browser lie in the Host header. A server that only this machine can reach therefore answers
// only requests that name this machine.
//
// Threads: pure functions.

#include <string_view>

namespace minerva::http {

// "host", "host:port", "[v6]:port" → the host, brackets kept.
[[nodiscard]] std::string_view host_without_port(std::string_view host_header);

// localhost, 127.x.x.x or [::1], with any port or none.
[[nodiscard]] bool names_loopback(std::string_view host_header);

}  // namespace minerva::http
