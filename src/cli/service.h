#pragma once
// A whole server in this process: gateway, worker, API and HTTP on one I/O thread, from the bound port to the last stop.
//
//   start() ──► run(): worker starts, loads ──► serves ──► drain() or a load that failed ──► stopped
//
// Threads: start() and run() belong to one thread; drain() may be called from any. The observer is called inside run().

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/access_keys.h"
#include "base/error.h"
#include "gateway/gateway_status.h"
#include "http/limits.h"
#include "wire/types.h"

namespace minerva::cli {

struct ServiceOptions {
  wire::LoadOptions load;
  std::string model_name;  // empty: the file's name without .gguf
  std::filesystem::path worker;
  std::vector<std::string> worker_arguments;
  std::filesystem::path placement_file;  // GatewayOptions::placement_file
  std::uint32_t max_queue = 64;
  bool standby = false;  // a second worker stands by
  std::string host;
  std::uint16_t port = 0;  // 0: any free one
  http::Limits limits;
  std::vector<api::AccessKey> keys;  // each once
  std::chrono::milliseconds drain_timeout{30'000};
  std::function<void(const gateway::GatewayStatus&)> on_change;  // may be empty
  // When set, SIGINT and SIGTERM belong to the service: this is called for each, then the service drains.
  std::function<void(int signal)> on_signal;
};

class Service {
 public:
  // Binds the port, so that its being taken shows before anything is loaded: kAddressInUse, kInvalidConfiguration.
  [[nodiscard]] static Result<std::unique_ptr<Service>> start(ServiceOptions options);
  ~Service();

  [[nodiscard]] std::uint16_t port() const;

  // Blocks until drain() has ended everything, or with the error of the first load when it fails. A worker that dies after it
  // served once is the gateway's business and does not end the service. Once.
  [[nodiscard]] Status run();

  // No new requests; ends run() when those that were accepted have ended or the drain timeout is over. Idempotent.
  void drain();

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace minerva::cli
