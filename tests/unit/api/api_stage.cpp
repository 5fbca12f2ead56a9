#include "api_stage.h"

#include <fcntl.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <stdexcept>
#include <utility>

#include "api/routes.h"

namespace minerva::api {

namespace asio = boost::asio;

namespace {

class Handle final : public gateway::WorkerHandle {
 public:
  explicit Handle(int fd) : fd_(fd) {}
  int take_socket() override { return std::exchange(fd_, -1); }
  int pid() const override { return 4321; }
  bool is_stopped() const override { return false; }
  void kill() override {}
  asio::awaitable<gateway::WorkerExit> reap() override {
    co_return gateway::WorkerExit{.how = "signal 9 (Killed)", .last_words = {}};
  }

 private:
  int fd_;
};

gateway::GatewayOptions gateway_options(std::uint32_t max_queue) {
  gateway::GatewayOptions options;
  options.model_name = "demo";
  options.max_queue = max_queue;
  return options;
}

wire::ModelCard card(const StageOptions& options) {
  wire::ModelCard card;
  card.name = "Stage";
  card.n_parallel = 1;
  card.chat_template = options.chat_template;
  card.control_tokens = options.control_tokens;
  return card;
}

}  // namespace

// There is one worker, the test.
class ApiStage::Launcher final : public gateway::WorkerLauncher {
 public:
  Result<std::unique_ptr<gateway::WorkerHandle>> launch() override {
    if (std::exchange(launched_, true)) return fail(ErrorCode::kInternal, "the test has one worker only");
    const auto ends = wire::make_socket_pair();
    if (!ends) return std::unexpected(ends.error());
    ::fcntl(ends->first, F_SETFL, O_NONBLOCK);
    worker_.set_value(ends->second);
    return std::make_unique<Handle>(ends->first);
  }

  int wait_for_worker() { return worker_.get_future().get(); }

 private:
  bool launched_ = false;
  std::promise<int> worker_;
};

ApiStage::ApiStage(StageOptions options)
    : launcher_(std::make_shared<Launcher>()),
      gateway_(io_.get_executor(), gateway_options(options.max_queue), launcher_) {
  auto context = ApiContext::make(gateway_, options.api).value();
  auto router = std::make_shared<http::Router>();
  register_routes(*router, context);
  http::ServerOptions server;
  server.port = 0;
  server.authorize = make_authorize(context);
  server.render_error = render_error;
  server_.emplace(io_.get_executor(), std::move(server), std::move(router));
  server_->start().value();
  gateway_.start({});
  thread_ = std::thread([this] {
    const auto work = asio::make_work_guard(io_);
    io_.run();
  });

  worker_ = std::make_unique<wire::Channel>(launcher_->wait_for_worker());
  std::ignore = next_message<wire::Hello>();
  worker_->send(wire::HelloReply{.program_version = "test", .engine_version = "stage 1"}).value();
  std::ignore = next_message<wire::LoadRequest>();
  if (!options.load) return;
  worker_->send(wire::ModelLoaded{card(options)}).value();
  report({});
  while (get("/readyz").status != 200) {}
}

ApiStage::~ApiStage() {
  asio::co_spawn(io_, stop(), [this](const std::exception_ptr& /*none*/) { io_.stop(); });
  // As a worker does: until it is told to end, or has died in the test.
  for (auto message = worker_->receive(); message && *message; message = worker_->receive()) {
    if (std::holds_alternative<wire::Shutdown>(**message)) break;
  }
  worker_.reset();
  thread_.join();
  server_.reset();
}

asio::awaitable<void> ApiStage::stop() {
  server_->stop_accepting();
  co_await gateway_.stop();
  co_await server_->close_all();
}

std::future<http::ClientResponse> ApiStage::begin(http::ClientRequest request, std::stop_token stop) const {
  http::ClientOptions options;
  options.port = server_->port();
  return std::async(std::launch::async, [options, request = std::move(request), stop] {
    return http::Client(options).send(request, stop).value_or(http::ClientResponse{});
  });
}

std::future<http::ClientResponse> ApiStage::chat(std::string body, std::stop_token stop) const {
  return begin({.method = "POST", .target = "/v1/chat/completions", .headers = {}, .body = std::move(body)},
               std::move(stop));
}

http::ClientResponse ApiStage::get(std::string path, http::Headers headers) const {
  return begin({.method = "GET", .target = std::move(path), .headers = std::move(headers), .body = {}}).get();
}

template <typename T>
T ApiStage::next_message() {
  auto message = worker_->receive().value();
  if (!message || !std::holds_alternative<T>(*message)) throw std::logic_error("another message was due");
  return std::get<T>(std::move(*message));
}

wire::GenerationSpec ApiStage::next_submit() { return next_message<wire::Submit>().spec; }

std::uint64_t ApiStage::next_cancel() { return next_message<wire::Cancel>().id; }

void ApiStage::report(std::vector<wire::SequenceEvent> events) {
  wire::StepReport report;
  report.events = std::move(events);
  worker_->send(report).value();
}

void ApiStage::die() { worker_->close_both_ways(); }

}  // namespace minerva::api
