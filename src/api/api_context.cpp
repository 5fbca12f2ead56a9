#include "api/api_context.h"

#include <random>
#include <utility>

namespace minerva::api {
namespace {

// Parsing and rendering take milliseconds even for the largest body; two threads keep one such body from delaying the others.
constexpr std::size_t kWorkThreads = 2;

std::uint64_t system_random() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

Result<std::shared_ptr<ApiContext>> ApiContext::make(gateway::Gateway& gateway, ApiOptions options) {
  auto keys = AccessKeys::make(options.keys);
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (!options.random) options.random = system_random;
  if (!options.now) options.now = std::chrono::system_clock::now;
  return std::make_shared<ApiContext>(gateway, std::move(options), std::move(*keys));
}

ApiContext::ApiContext(gateway::Gateway& the_gateway, ApiOptions options, AccessKeys the_keys)
    : gateway(the_gateway),
      keys(std::move(the_keys)),
      keep_alive(options.keep_alive),
      random(std::move(options.random)),
      now(std::move(options.now)),
      started(std::chrono::steady_clock::now()),
      work_pool(kWorkThreads) {}

}  // namespace minerva::api
