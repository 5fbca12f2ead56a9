#pragma once
// What a server's connections share.
//
// Threads: the I/O thread. Ownership: shared by the server and its connections, so either may end first.

#include <memory>

#include "base/gate.h"
#include "http/router.h"
#include "http/server.h"

namespace minerva::http {

struct ServerState {
  ServerOptions options;
  std::shared_ptr<const Router> router;
  bool loopback_only = false;
  bool stopping = false;
  Gate gate;  // held by the accept loops and by each connection
};

}  // namespace minerva::http
