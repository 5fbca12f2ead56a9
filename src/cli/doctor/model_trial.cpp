#include "cli/doctor/model_trial.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

#include "gateway/gateway.h"
#include "gateway/process_worker_launcher.h"

namespace minerva::cli {

namespace asio = boost::asio;

Result<wire::ModelCard> try_model(const wire::LoadOptions& load, const std::filesystem::path& worker,
                                  const std::function<void(const gateway::GatewayStatus&)>& on_change) {
  Result<wire::ModelCard> card = fail(ErrorCode::kWorkerCrashed, "the worker ended before it said a word");
  asio::io_context io{1};
  asio::steady_timer known(io, asio::steady_timer::time_point::max());
  gateway::Gateway gateway(io.get_executor(), {.load = load, .model_name = {}, .max_queue = 0, .restart = {}},
                           std::make_shared<gateway::ProcessWorkerLauncher>(
                               io.get_executor(), worker, std::vector<std::string>{"--log-level", "error"}));
  const auto observe = [&](const gateway::GatewayStatus& status) {
    on_change(status);
    if (status.last_error) card = std::unexpected(*status.last_error);
    if (status.card) card = *status.card;
    const bool settled =
        status.worker == gateway::WorkerState::kReady || status.worker == gateway::WorkerState::kFailed;
    if (settled) known.expires_at(asio::steady_timer::time_point::min());
  };
  const auto live = [](gateway::Gateway& trial, asio::steady_timer& until,
                       std::function<void(const gateway::GatewayStatus&)> watcher) -> asio::awaitable<void> {
    trial.start(std::move(watcher));
    co_await until.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await trial.stop();
  };
  asio::co_spawn(io, live(gateway, known, observe), asio::detached);
  io.run();
  return card;
}

}  // namespace minerva::cli
