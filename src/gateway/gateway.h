#pragma once
// The gateway's front: takes requests, keeps the record of each, watches over the worker, and says how things are.
//
// Threads: all members on the I/O thread that runs `executor`.
// Stop order: begin_drain() (no new requests) → drained() → stop() (worker ended, streams ended with kShuttingDown).

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "gateway/gateway_status.h"
#include "gateway/generation_request.h"
#include "gateway/restart_policy.h"
#include "gateway/token_stream.h"
#include "gateway/worker_launcher.h"
#include "wire/types.h"

namespace minerva::gateway {

struct GatewayOptions {
  wire::LoadOptions load;
  std::string model_name;            // the alias clients use; empty: the file's stem
  std::uint32_t max_queue = 64;      // accepted generations that may wait beyond those that run
  bool has_several_tenants = false;  // then none of them may fill the queue alone
  bool standby = false;              // a second worker stands by, to take over when the first dies
  RestartTimes restart;
  std::filesystem::path
      placement_file{};  // what placements teach is kept there (PlacementMemory); empty: nowhere
};

class Gateway {
 public:
  Gateway(boost::asio::any_io_executor executor, GatewayOptions options,
          std::shared_ptr<WorkerLauncher> launcher);
  // Once started, only after stop().
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Starts the first worker and, from then on, keeps one running. `on_change` (may be empty) is called after each change
  // of the worker's state and each load progress; it must not destroy the gateway.
  void start(std::function<void(const GatewayStatus&)> on_change);

  // All choices of the request, or none. kModelNotFound, kQueueFull and kRateLimited (with retry_after_s), kInvalidRequest for
  // more choices than may ever be open, kNotReady while the first worker loads, kShuttingDown while draining,
  // or the error that keeps the worker from serving. While a worker that served is being replaced, requests are taken and
  // wait for the next one. The record lives until its terminal event, whoever holds the stream; a request that is still open when
  // its timeout is over ends with kTimeout, wherever it is.
  [[nodiscard]] Result<TokenStream> submit(GenerationRequest request);

  [[nodiscard]] GatewayStatus status() const;

  // What was counted since the start, and how things are, in Prometheus' text format.
  [[nodiscard]] std::string metrics_text() const;

  void begin_drain();
  // True when every accepted request ended before `deadline`. One caller at a time.
  [[nodiscard]] boost::asio::awaitable<bool> drained(std::chrono::milliseconds deadline);
  // Ends what still runs and the worker, within seconds. Once. The object may be destroyed afterwards.
  [[nodiscard]] boost::asio::awaitable<void> stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace minerva::gateway
