#include "cli/chat/own_server.h"

#include <fmt/format.h>

#include <csignal>
#include <random>
#include <utility>

#include "cli/service_plan.h"

namespace minerva::cli {
namespace {

std::string random_key() {
  std::random_device device;
  std::string key;
  for (int i = 0; i < 4; ++i) key += fmt::format("{:08x}", device());
  return key;
}

// SIGINT belongs to the thread that chats.
void block_interrupts() {
  sigset_t signals{};
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Why the service ended; empty while it serves. Set once, by whichever comes first: ready, or the end of run().
using Ready = std::promise<Result<std::string>>;

}  // namespace

Result<std::unique_ptr<OwnServer>> OwnServer::start(
    const Settings& settings, const Environment& environment,
    std::function<void(const gateway::GatewayStatus&)> on_change) {
  Settings own = settings;
  own.host = "127.0.0.1";
  own.port = 0;
  own.api_key_file.clear();
  own.priority_keys.clear();
  own.api_keys = {random_key()};
  auto plan = plan_service(own, environment);
  if (!plan) return std::unexpected(plan.error());

  std::unique_ptr<OwnServer> server(new OwnServer);
  server->key_ = own.api_keys.front();
  server->is_demo_ = plan->is_demo;
  auto ready = std::make_shared<Ready>();
  auto known = std::make_shared<bool>(false);  // touched by the service's thread only
  plan->options.drain_timeout = std::chrono::milliseconds{0};
  plan->options.on_change = [ready, known,
                             on_change = std::move(on_change)](const gateway::GatewayStatus& status) {
    on_change(status);
    if (status.worker != gateway::WorkerState::kReady || *known) return;
    *known = true;
    ready->set_value(status.model_name);
  };
  auto service = Service::start(std::move(plan->options));
  if (!service) return std::unexpected(service.error());
  server->service_ = *std::move(service);
  server->thread_ = std::thread([ready, known, &running = *server->service_] {
    block_interrupts();
    const Status ended = running.run();
    if (*known) return;
    ready->set_value(fail(ended ? ErrorCode::kCancelled : ended.error().code,
                          ended ? "the server ended" : ended.error().message));
  });
  auto name = ready->get_future().get();
  if (!name) return std::unexpected(name.error());
  server->model_name_ = *std::move(name);
  return server;
}

OwnServer::~OwnServer() {
  if (service_) service_->drain();
  if (thread_.joinable()) thread_.join();
}

}  // namespace minerva::cli
