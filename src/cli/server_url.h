#pragma once
// The address of a server as a user writes it.
//
// Threads: pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::cli {

struct ServerUrl {
  std::string host;
  std::uint16_t port = 0;
};

// "http://HOST[:PORT][/]", "HOST:PORT" or "HOST", an IPv6 address in brackets; a trailing "/v1" is what people copy, so it is
// taken. Without a port, 80 after "http://" and 8080 otherwise. kInvalidConfiguration for anything else.
[[nodiscard]] Result<ServerUrl> parse_server_url(std::string_view text);

}  // namespace minerva::cli
