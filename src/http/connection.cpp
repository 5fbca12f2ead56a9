#include "http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "http/request_id.h"

namespace minerva::http {
namespace {

namespace asio = boost::asio;
using Clock = ClientSocket::Clock;

constexpr std::string_view kRoom = "http";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// How long a client may take to read its last answer and close.
constexpr std::chrono::seconds kLinger{2};

// For the log: nothing in a path may start a new line or colour a terminal.
std::string printable(std::string_view path) {
  constexpr std::size_t kMaxShown = 200;
  std::string shown{path.substr(0, kMaxShown)};
  std::ranges::replace_if(shown, [](char c) { return c < 0x20 || c == 0x7F; }, '?');
  return shown;
}

void log_access(const LiveExchange& exchange, std::uint64_t n_bytes, Clock::time_point began) {
  const Request& request = exchange.request();
  const std::chrono::duration<double, std::milli> took = Clock::now() - began;
  log::debug(kRoom, "{} {} {} {} B {:.1f} ms {}", printable(request.method), printable(request.path),
             exchange.status(), n_bytes, took.count(), request.id);
}

}  // namespace

Connection::Connection(std::shared_ptr<const ServerState> server, std::shared_ptr<ClientSocket> socket)
    : server_(std::move(server)), socket_(std::move(socket)) {}

asio::awaitable<void> Connection::run() {
  while (co_await serve_one()) {}
  co_await socket_->finish(Clock::now() + kLinger);
}

asio::awaitable<void> Connection::turn_away(Error error) {
  RequestParser parser(server_->options.limits);
  co_await refuse(parser, {.error = std::move(error)});
  co_await socket_->finish(Clock::now() + kLinger);
}

asio::awaitable<bool> Connection::serve_one() {
  RequestParser parser(server_->options.limits);
  if (const Status head = co_await read_head(parser); !head)
    co_return co_await refuse(parser, {.error = head.error()});
  Request& request = parser.request();
  identify(request);

  RouteMatch route = server_->router->match(request.method, parser.encoded_path());
  if (auto refusal = objection(*server_, request, route))
    co_return co_await refuse(parser, *std::move(refusal));
  if (route.handler == nullptr) {
    co_return co_await answer(
        parser, {.status = 204, .content_type = {}, .body = {}, .headers = {{"Allow", allow_header(route)}}});
  }
  request.captures = std::move(route.captures);
  if (const Status body = co_await read_body(parser); !body)
    co_return co_await refuse(parser, {.error = body.error()});
  co_return co_await handle(parser, *route.handler);
}

asio::awaitable<Status> Connection::read_head(RequestParser& parser) {
  const Limits& limits = server_->options.limits;
  auto deadline = Clock::now() + limits.idle_timeout;
  for (bool begun = false; true;) {
    // RFC 9112, section 2.2: empty lines before a request line are skipped.
    while (!begun && socket_->bytes().starts_with("\r\n")) socket_->consume(2);
    if (!begun && !socket_->bytes().empty() && socket_->bytes() != "\r") {
      begun = true;
      deadline = Clock::now() + limits.header_timeout;
    }
    if (begun) {
      const auto used = parser.feed(socket_->bytes());
      if (!used) co_return std::unexpected(used.error());
      socket_->consume(*used);
      if (parser.state() != ParseState::kHead) co_return Status{};
    }
    const auto read = co_await socket_->read_more(deadline);
    if (read == ClientSocket::Read::kBytes) continue;
    if (read == ClientSocket::Read::kEnded || !begun)
      co_return fail(ErrorCode::kCancelled, "the client is gone");
    co_return fail(ErrorCode::kClientTooSlow, fmt::format("the request's head did not arrive within {} ms",
                                                          limits.header_timeout.count()));
  }
}

asio::awaitable<Status> Connection::read_body(RequestParser& parser) {
  const Limits& limits = server_->options.limits;
  const bool must_invite =
      find_header(parser.request().headers, "expect").has_value() && !parser.is_http_1_0();
  if (must_invite && parser.state() == ParseState::kBody && socket_->bytes().empty()) {
    if (Status sent = co_await socket_->write(std::string{kContinue}, limits.write_timeout); !sent)
      co_return sent;
  }
  while (true) {
    const auto used = parser.feed(socket_->bytes());
    if (!used) co_return std::unexpected(used.error());
    socket_->consume(*used);
    if (parser.state() == ParseState::kDone) co_return Status{};
    const auto read = co_await socket_->read_more(Clock::now() + limits.body_timeout);
    if (read == ClientSocket::Read::kBytes) continue;
    if (read == ClientSocket::Read::kEnded) co_return fail(ErrorCode::kCancelled, "the client is gone");
    co_return fail(ErrorCode::kClientTooSlow, fmt::format("nothing of the request's body arrived for {} ms",
                                                          limits.body_timeout.count()));
  }
}

asio::awaitable<bool> Connection::refuse(RequestParser& parser, Refusal refusal) {
  if (refusal.error.code == ErrorCode::kCancelled) co_return false;
  if (parser.request().id.empty()) identify(parser.request());
  co_return co_await answer(parser, render(*server_, parser.request(), refusal));
}

asio::awaitable<bool> Connection::answer(RequestParser& parser, Response response) {
  const auto began = Clock::now();
  const std::uint64_t before = socket_->n_written();
  LiveExchange exchange = begin_exchange(parser);
  // An answer that could not be written shows in the exchange's state, here and below.
  std::ignore = co_await exchange.respond(std::move(response));
  log_access(exchange, socket_->n_written() - before, began);
  co_return exchange.keeps_alive();
}

asio::awaitable<bool> Connection::handle(RequestParser& parser, const Handler& handler) {
  const auto began = Clock::now();
  const std::uint64_t before = socket_->n_written();
  LiveExchange exchange = begin_exchange(parser);
  std::string failure;
  socket_->watch();
  try {
    co_await handler(exchange);
    if (exchange.state() == LiveExchange::State::kUnanswered) failure = "the handler gave no answer";
  } catch (const std::exception& error) {
    failure = error.what();
  } catch (...) {
    failure = "an exception of unknown type";
  }
  socket_->unwatch();
  co_await conclude(exchange, failure);
  log_access(exchange, socket_->n_written() - before, began);
  co_return failure.empty() && exchange.keeps_alive() && socket_->is_open();
}

asio::awaitable<void> Connection::conclude(LiveExchange& exchange, std::string failure) {
  using State = LiveExchange::State;
  if (!failure.empty()) log::error(kRoom, "request {} failed: {}", exchange.request().id, failure);
  if (exchange.state() == State::kBroken) {
    socket_->reset();
  } else if (exchange.state() == State::kUnanswered) {
    Error error{.code = ErrorCode::kInternal,
                .message = fmt::format("the server failed to answer; its log says why under {}",
                                       exchange.request().id),
                .field = {}};
    std::ignore =
        co_await exchange.respond(render(*server_, exchange.request(), {.error = std::move(error)}));
  } else if (exchange.state() == State::kStreaming && failure.empty()) {
    std::ignore = co_await exchange.end_stream();
  } else if (exchange.state() == State::kStreaming && !exchange.end_is_visible()) {
    socket_->reset();
  }
}

void Connection::identify(Request& request) const {
  request.remote = socket_->remote();
  request.id = find_header(request.headers, "x-request-id").value_or("");
  if (!is_sane_request_id(request.id)) request.id = make_request_id();
}

// An answer that comes before its request is whole ends the connection: what follows is that request's body.
LiveExchange Connection::begin_exchange(RequestParser& parser) const {
  const bool whole = parser.state() == ParseState::kDone;
  const LiveExchange::Protocol protocol{.http_1_0 = parser.is_http_1_0(),
                                        .keep_alive = whole && parser.keep_alive()};
  return {server_, socket_, std::move(parser.request()), protocol};
}

}  // namespace minerva::http
