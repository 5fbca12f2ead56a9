#pragma once
// A server inside this process, for a chat that found none running: loopback, a free port, a key that nobody else has.
//
// Threads: made, used and destroyed by one; the service runs on a thread of its own.

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/error.h"
#include "cli/service.h"
#include "cli/settings/settings.h"
#include "cli/settings/settings_environment.h"

namespace minerva::cli {

class OwnServer {
 public:
  // Returns when the model is loaded, or with the reason why it is not. `on_change` is called on the service's thread.
  [[nodiscard]] static Result<std::unique_ptr<OwnServer>> start(
      const Settings& settings, const Environment& environment,
      std::function<void(const gateway::GatewayStatus&)> on_change);
  // Ends the service and waits for it.
  ~OwnServer();

  [[nodiscard]] std::uint16_t port() const { return service_->port(); }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& model_name() const { return model_name_; }
  [[nodiscard]] bool is_demo() const { return is_demo_; }

 private:
  OwnServer() = default;

  std::unique_ptr<Service> service_;
  std::string key_;
  std::string model_name_;
  bool is_demo_ = false;
  std::thread thread_;
};

}  // namespace minerva::cli
