#pragma once
// How much a client may send and how long it may take. The table in docs/http.md shows the same.

#include <chrono>
#include <cstdint>

#include "base/bytes.h"

namespace minerva::http {

struct Limits {
  Bytes max_body = {32 * 1024 * 1024};
  Bytes max_header = {32 * 1024};  // the whole head of a request
  std::uint32_t max_headers = 100;
  std::uint32_t max_connections = 4096;
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to the end of its head
  std::chrono::milliseconds body_timeout{60'000};    // between two reads of a body
  std::chrono::milliseconds idle_timeout{75'000};    // between two requests of a connection
  std::chrono::milliseconds write_timeout{30'000};   // a client that takes no byte for so long is too slow
};

}  // namespace minerva::http
