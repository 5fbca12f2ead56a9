#pragma once
// The server that a drill is about: how it is, and its worker's process on this machine.
//
// Threads: one.

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/chat/chat_session.h"
#include "http/client.h"

namespace minerva::cli {

struct ServerEvent {
  std::string time;  // UTC, as /health writes it: sorts as it reads
  std::string kind;
  std::string what;
};

struct ServerHealth {
  std::string status;  // "ok", "loading", …
  bool ready = false;
  int worker_pid = 0;           // 0 while there is none
  bool awaits_standby = false;  // one is wanted, and none is ready
  std::string model;
  std::string placement;
  std::uint32_t rung = 0;
  std::vector<ServerEvent> events;
};

class DrilledServer {
 public:
  DrilledServer(http::ClientOptions server, std::string api_key);

  // kUnauthorized when the server tells only those with a key.
  [[nodiscard]] Result<ServerHealth> health() const;

  // The server is ready, and its worker is a process that this user may signal.
  [[nodiscard]] Result<ServerHealth> check() const;

  // kNotFound when there is no such worker on this machine, kForbidden when it belongs to somebody else.
  [[nodiscard]] static Status strike(int worker_pid, int signal);

  // A chat with it that always takes the likeliest token.
  [[nodiscard]] ChatOptions chat(std::uint32_t max_tokens) const;

 private:
  http::ClientOptions server_;
  std::string api_key_;
};

}  // namespace minerva::cli
