#include "stage.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace minerva::scenario {

namespace asio = boost::asio;

namespace {

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

// Also when the scenario failed in its middle: nothing may be left running.
Stage::~Stage() {
  if (gateway_ && !stopped_) (void)stop();
  settle();
}

void Stage::start_server(EngineShape shape, gateway::GatewayOptions options) {
  launcher_ = std::make_shared<ThreadWorkerLauncher>(shape, control_);
  gateway_ = std::make_unique<gateway::Gateway>(io_.get_executor(), std::move(options), launcher_);
  gateway_->start({});
}

void Stage::submit(const std::string& name, gateway::GenerationRequest request, bool reads_held) {
  const std::uint32_t n_choices = request.n_choices;
  const auto client =
      std::make_shared<Client>(io_, gateway_->submit(std::move(request)), n_choices, reads_held);
  Client::start(client, io_);
  clients_[name] = client;
  settle();
}

Client* Stage::client(const std::string& name) const {
  const auto found = clients_.find(name);
  return found == clients_.end() ? nullptr : found->second.get();
}

void Stage::settle() {
  io_.restart();
  while (io_.poll() > 0) io_.restart();
}

Outcome Stage::step() {
  const auto before = status().engine.steps_completed;
  control_.grant_step();
  if (!wait_until([&] { return status().engine.steps_completed > before; })) {
    return std::unexpected("the engine took no step");
  }
  settle();
  return {};
}

Outcome Stage::kill_worker(const std::string& how) {
  const int pid = status().worker_pid;
  if (!launcher_->kill(pid, how)) return std::unexpected("there is no worker to kill");
  control_.forget_grants();
  if (!wait_until(
          [&] { return status().worker == gateway::WorkerState::kFailed || status().worker_pid != pid; })) {
    return std::unexpected("the gateway did not notice that its worker died");
  }
  settle();
  return {};
}

Outcome Stage::kill_standby(const std::string& how) {
  const auto standby_pid = [this] {
    const auto standby = status().standby;
    return standby ? standby->pid : 0;
  };
  const int pid = standby_pid();
  if (!launcher_->kill(pid, how)) return std::unexpected("there is no standby to kill");
  if (!wait_until([&] { return standby_pid() != pid; }))
    return std::unexpected("the gateway did not notice that its standby died");
  settle();
  return {};
}

void Stage::begin_draining(std::chrono::milliseconds deadline) {
  gateway_->begin_drain();
  asio::co_spawn(io_, gateway_->drained(deadline),
                 [drained = drained_](const std::exception_ptr& failure, bool all) {
                   rethrow(failure);
                   *drained = all;
                 });
}

Outcome Stage::stop() {
  const auto done = std::make_shared<bool>(false);
  asio::co_spawn(io_, gateway_->stop(), [done](const std::exception_ptr& failure) {
    rethrow(failure);
    *done = true;
  });
  stopped_ = wait_until([&] { return *done; });
  settle();
  if (!stopped_) return std::unexpected("the gateway did not stop");
  return {};
}

Outcome Stage::finish() {
  if (!has_server()) return std::unexpected("no server was started");
  control_.set_free(true);
  control_.set_load_held(false);
  if (!stopped_) {
    if (auto stopped = stop(); !stopped) return stopped;
  }
  for (const auto& [name, client] : clients_) {
    client->read_all();
    if (!wait_until([&] { return client->ended(); })) {
      return std::unexpected(fmt::format("{} never ended: {}", name, client->describe()));
    }
  }
  if (status().n_active != 0)
    return std::unexpected(fmt::format("{} requests are still open", status().n_active));
  return {};
}

}  // namespace minerva::scenario
