#pragma once
// The world of one scenario: the real gateway, workers that are threads, clients with names. Everything on one thread but
// the workers themselves; nothing waits by time except to give up.

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client.h"
#include "engine_control.h"
#include "gateway/gateway.h"
#include "scenario_line.h"
#include "thread_worker_launcher.h"

namespace minerva::scenario {

class Stage {
 public:
  // What a scenario waits for comes within milliseconds; without it for as long as `patience` it has failed.
  explicit Stage(std::chrono::milliseconds patience) : patience_(patience) {}
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] bool has_server() const { return gateway_ != nullptr; }
  void start_server(EngineShape shape, gateway::GatewayOptions options);
  [[nodiscard]] gateway::Gateway& gateway() { return *gateway_; }
  [[nodiscard]] gateway::GatewayStatus status() const { return gateway_->status(); }
  [[nodiscard]] std::string metrics_text() const { return gateway_->metrics_text(); }
  [[nodiscard]] EngineControl& control() { return control_; }
  [[nodiscard]] ThreadWorkerLauncher& launcher() { return *launcher_; }

  void submit(const std::string& name, gateway::GenerationRequest request, bool reads_held);
  [[nodiscard]] Client* client(const std::string& name) const;

  // Runs the gateway until `condition` holds; false when it does not within the patience.
  template <typename Condition>
  [[nodiscard]] bool wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      io_.restart();
      io_.run_one_until(deadline);
    }
    return true;
  }

  // Runs what is ready to run on this side of the socket.
  void settle();

  // One engine step, and the gateway has heard of it.
  [[nodiscard]] Outcome step();
  [[nodiscard]] Outcome kill_worker(const std::string& how);
  [[nodiscard]] Outcome kill_standby(const std::string& how);

  void begin_draining(std::chrono::milliseconds deadline);
  [[nodiscard]] std::optional<bool> drained() const { return *drained_; }

  [[nodiscard]] Outcome stop();
  // After the last line: stops what still runs and checks what holds at the end of every scenario.
  [[nodiscard]] Outcome finish();

 private:
  std::chrono::milliseconds patience_;
  boost::asio::io_context io_;
  EngineControl control_;
  std::shared_ptr<ThreadWorkerLauncher> launcher_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::map<std::string, std::shared_ptr<Client>> clients_;
  std::shared_ptr<std::optional<bool>> drained_ = std::make_shared<std::optional<bool>>();
  bool stopped_ = false;
};

}  // namespace minerva::scenario
