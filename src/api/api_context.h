#pragma once
// What all handlers share: the gateway, the model's template, threads for heavy work, keys, clock and randomness.
//
// Threads: made and used on the I/O thread; `work_pool` runs what would block it (parsing bodies, rendering prompts).
// Stop order: the HTTP server's close_all() first (no handler runs any more), then this may be destroyed.

#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "api/access_keys.h"
#include "api/chat_models.h"
#include "base/error.h"
#include "chat/schema/grammar_cache.h"
#include "gateway/gateway.h"

namespace minerva::api {

struct ApiOptions {
  std::vector<AccessKey> keys;                      // each once; empty: everybody may ask
  std::chrono::milliseconds keep_alive{15'000};     // a comment is sent after so long a silence in a stream
  std::function<std::uint64_t()> random = nullptr;  // empty: the system's
  std::function<std::chrono::system_clock::time_point()> now = nullptr;  // empty: the system's
};

class ApiContext {
 public:
  // `gateway` outlives this. kInvalidConfiguration for a key that no header could carry.
  [[nodiscard]] static Result<std::shared_ptr<ApiContext>> make(gateway::Gateway& gateway,
                                                                ApiOptions options);

  ApiContext(gateway::Gateway& gateway, ApiOptions options, AccessKeys keys);

  gateway::Gateway& gateway;
  const AccessKeys keys;
  const std::chrono::milliseconds keep_alive;
  const std::function<std::uint64_t()> random;
  const std::function<std::chrono::system_clock::time_point()> now;
  const std::chrono::steady_clock::time_point started;
  ChatModels chat_models;
  chat::schema::GrammarCache grammars;
  boost::asio::thread_pool work_pool;
};

}  // namespace minerva::api
