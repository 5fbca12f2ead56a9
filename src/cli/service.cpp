#include "cli/service.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <exception>
#include <optional>
#include <utility>

#include "api/api_context.h"
#include "api/routes.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "gateway/process_worker_launcher.h"
#include "http/server.h"

namespace minerva::cli {

namespace asio = boost::asio;

class Service::Impl {
 public:
  explicit Impl(ServiceOptions options)
      : on_change_(std::move(options.on_change)),
        on_signal_(std::move(options.on_signal)),
        drain_timeout_(options.drain_timeout),
        end_(io_, asio::steady_timer::time_point::max()),
        signals_(io_),
        gateway_(io_.get_executor(),
                 {.load = std::move(options.load),
                  .model_name = std::move(options.model_name),
                  .max_queue = options.max_queue,
                  .has_several_tenants = options.keys.size() > 1,
                  .standby = options.standby,
                  .restart = {},
                  .placement_file = std::move(options.placement_file)},
                 std::make_shared<gateway::ProcessWorkerLauncher>(
                     io_.get_executor(), std::move(options.worker), std::move(options.worker_arguments))) {}

  Status open(const std::string& host, std::uint16_t port, http::Limits limits,
              std::vector<api::AccessKey> keys) {
    auto context = api::ApiContext::make(gateway_, {.keys = std::move(keys)});
    if (!context) return std::unexpected(std::move(context.error()));
    context_ = *std::move(context);
    auto router = std::make_shared<http::Router>();
    api::register_routes(*router, context_);
    server_.emplace(io_.get_executor(),
                    http::ServerOptions{.host = host,
                                        .port = port,
                                        .limits = limits,
                                        .authorize = api::make_authorize(context_),
                                        .render_error = api::render_error},
                    std::move(router));
    return server_->start();
  }

  Status run() {
    if (on_signal_) {
      signals_.add(SIGINT);
      signals_.add(SIGTERM);
      await_signal();
    }
    asio::co_spawn(io_, live(), [this](const std::exception_ptr& failure) { note_exception(failure); });
    io_.run();
    return std::exchange(outcome_, Status{});
  }

  void drain() {
    asio::post(io_, [this] { end_now(); });
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  asio::awaitable<void> live() {
    gateway_.start([this](const gateway::GatewayStatus& status) { observe(status); });
    co_await end_.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await stop();
    signals_.cancel();
  }

  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
      if (cancelled) return;
      on_signal_(signal);
      end_now();
      await_signal();
    });
  }

  // The stop order of the program: no new requests; those that run end, or are ended; the port closes; the worker ends; the
  // connections close. /health answers until the port closes.
  asio::awaitable<void> stop() {
    gateway_.begin_drain();
    if (!co_await gateway_.drained(drain_timeout_)) {
      log::warn("serve", "the drain timeout is over; requests that still run are ended");
    }
    server_->stop_accepting();
    co_await gateway_.stop();
    co_await server_->close_all();
  }

  void observe(const gateway::GatewayStatus& status) {
    if (status.worker == gateway::WorkerState::kReady) was_ready_ = true;
    if (status.worker == gateway::WorkerState::kFailed && !was_ready_ && outcome_) {
      outcome_ = std::unexpected(status.last_error.value_or(
          Error{.code = ErrorCode::kInternal, .message = "the worker failed without a reason", .field = {}}));
      end_now();
    }
    if (on_change_) on_change_(status);
  }

  void end_now() { end_.expires_at(asio::steady_timer::time_point::min()); }

  void note_exception(const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      outcome_ = fail(ErrorCode::kInternal, error.what());
    }
    io_.stop();
  }

  std::function<void(const gateway::GatewayStatus&)> on_change_;
  std::function<void(int)> on_signal_;
  std::chrono::milliseconds drain_timeout_;
  Status outcome_;
  bool was_ready_ = false;
  // Built in this order, destroyed in the reverse one: the loop outlives all that waits on it.
  asio::io_context io_{1};
  asio::steady_timer end_;
  asio::signal_set signals_;
  gateway::Gateway gateway_;
  std::shared_ptr<api::ApiContext> context_;
  std::optional<http::Server> server_;
};

Result<std::unique_ptr<Service>> Service::start(ServiceOptions options) {
  const std::string host = options.host;
  const std::uint16_t port = options.port;
  const http::Limits limits = options.limits;
  std::vector<api::AccessKey> keys = options.keys;
  auto impl = std::make_unique<Impl>(std::move(options));
  if (Status opened = impl->open(host, port, limits, std::move(keys)); !opened)
    return std::unexpected(std::move(opened.error()));
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;

std::uint16_t Service::port() const { return impl_->port(); }
Status Service::run() { return impl_->run(); }
void Service::drain() { impl_->drain(); }

}  // namespace minerva::cli
