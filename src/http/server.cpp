#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/connection.h"
#include "http/listener.h"
#include "http/server_state.h"

namespace minerva::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::string_view kRoom = "http";
constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
// After "too many open files": long enough for others to end, short enough to go unnoticed.
constexpr std::chrono::milliseconds kAcceptPause{100};
// Connections over the limit that may be told so at the same time; one more is closed without a word.
constexpr std::size_t kMaxTurnedAway = 64;

void log_failure(const std::exception_ptr& failure, std::string_view what) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error(kRoom, "{} ended with: {}", what, error.what());
  } catch (...) {
    log::error(kRoom, "{} ended with an exception of unknown type", what);
  }
}

bool is_loopback(const tcp::acceptor& acceptor) { return acceptor.local_endpoint().address().is_loopback(); }

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, ServerOptions options, std::shared_ptr<const Router> router)
      : executor_(std::move(executor)), state_(std::make_shared<ServerState>()) {
    state_->options = std::move(options);
    state_->router = std::move(router);
  }

  Status start() {
    auto acceptors = listen(executor_, state_->options.host, state_->options.port);
    if (!acceptors) return std::unexpected(std::move(acceptors.error()));
    port_ = acceptors->front().local_endpoint().port();
    state_->loopback_only = std::ranges::all_of(*acceptors, is_loopback);
    for (tcp::acceptor& acceptor : *acceptors) {
      acceptors_.push_back(std::make_shared<Acceptor>(std::move(acceptor)));
      asio::co_spawn(executor_, accept_loop(shared_from_this(), acceptors_.back()),
                     [pass = state_->gate.enter()](const std::exception_ptr& failure) {
                       log_failure(failure, "accepting");
                     });
    }
    return {};
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t n_connections() const { return connections_.size(); }

  void stop_accepting() {
    state_->stopping = true;
    for (const auto& acceptor : acceptors_) acceptor->close();
    acceptors_.clear();
  }

  asio::awaitable<void> close_all() {
    stop_accepting();
    const auto idle = std::make_shared<asio::steady_timer>(executor_, asio::steady_timer::time_point::max());
    state_->gate.close([idle] { idle->expires_at(asio::steady_timer::time_point::min()); });
    close_connections();
    co_await idle->async_wait(kResult);
  }

  // Copies, because a closing connection's handler may do anything.
  void close_connections() {
    for (const auto& connection : std::vector(connections_.begin(), connections_.end())) connection->close();
    for (const auto& connection : std::vector(turned_away_.begin(), turned_away_.end())) connection->close();
  }

 private:
  using Connections = std::unordered_set<std::shared_ptr<Connection>>;

  // An acceptor with the timer of its pauses, so that closing ends either wait.
  struct Acceptor {
    explicit Acceptor(tcp::acceptor bound) : socket(std::move(bound)), pause(socket.get_executor()) {}
    void close() {
      boost::system::error_code ignored;
      socket.close(ignored);
      pause.cancel();
    }
    tcp::acceptor socket;
    asio::steady_timer pause;
  };

  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self, std::shared_ptr<Acceptor> acceptor) {
    while (acceptor->socket.is_open()) {
      auto [error, socket] = co_await acceptor->socket.async_accept(kResult);
      if (!error) {
        self->take(std::move(socket));
      } else if (acceptor->socket.is_open() && error != asio::error::connection_aborted) {
        log::warn(kRoom, "cannot accept a connection now: {}", error.message());
        acceptor->pause.expires_after(kAcceptPause);
        co_await acceptor->pause.async_wait(kResult);
      }
    }
  }

  void take(tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const bool full = connections_.size() >= state_->options.limits.max_connections;
    if (state_->stopping || (full && turned_away_.size() >= kMaxTurnedAway)) return;
    auto connection = std::make_shared<Connection>(state_, std::make_shared<ClientSocket>(std::move(socket)));
    Connections& among = full ? turned_away_ : connections_;
    among.insert(connection);
    asio::co_spawn(executor_, full ? connection->turn_away(too_many()) : connection->run(),
                   [self = shared_from_this(), &among, connection,
                    pass = state_->gate.enter()](const std::exception_ptr& failure) {
                     log_failure(failure, "a connection");
                     connection->close();
                     among.erase(connection);
                   });
  }

  [[nodiscard]] Error too_many() const {
    return {.code = ErrorCode::kQueueFull,
            .message = fmt::format("the server has its {} connections in use; try again soon",
                                   state_->options.limits.max_connections),
            .field = {},
            .retry_after_s = 1};
  }

  asio::any_io_executor executor_;
  std::shared_ptr<ServerState> state_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  Connections connections_;
  Connections turned_away_;
  std::uint16_t port_ = 0;
};

Server::Server(asio::any_io_executor executor, ServerOptions options, std::shared_ptr<const Router> router)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(router))) {}

Server::~Server() {
  impl_->stop_accepting();
  impl_->close_connections();
}

Status Server::start() { return impl_->start(); }
std::uint16_t Server::port() const { return impl_->port(); }
std::uint32_t Server::n_connections() const { return static_cast<std::uint32_t>(impl_->n_connections()); }
void Server::stop_accepting() { impl_->stop_accepting(); }
asio::awaitable<void> Server::close_all() { return impl_->close_all(); }

}  // namespace minerva::http
