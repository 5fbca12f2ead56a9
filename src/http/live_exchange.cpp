#include "http/live_exchange.h"

#include <fmt/format.h>

#include <utility>

#include "http/response_head.h"

namespace minerva::http {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string_view content_type_of(StreamKind kind) {
  return kind == StreamKind::kServerSentEvents ? "text/event-stream; charset=utf-8" : "application/x-ndjson";
}

// RFC 9110, sections 15.3.5 and 15.4.5: these never have a body.
bool has_no_body(int status) { return status == 204 || status == 304; }

}  // namespace

LiveExchange::LiveExchange(std::shared_ptr<const ServerState> server, std::shared_ptr<ClientSocket> socket,
                           Request request, Protocol protocol)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      request_(std::move(request)),
      protocol_(protocol) {}

void LiveExchange::on_client_gone(std::function<void()> callback) { socket_->on_gone(std::move(callback)); }

asio::awaitable<Status> LiveExchange::respond(Response response) {
  if (state_ != State::kUnanswered) co_return fail(ErrorCode::kInternal, "the request was answered already");
  status_ = response.status;
  keep_alive_ = protocol_.keep_alive && !server_->stopping;
  const bool bodiless = has_no_body(response.status);
  std::string bytes = serialize({.status = response.status,
                                 .content_type = bodiless ? std::string_view{} : response.content_type,
                                 .framing = bodiless ? Framing::kNone : Framing::kContentLength,
                                 .content_length = response.body.size(),
                                 .keep_alive = keep_alive_,
                                 .http_1_0 = protocol_.http_1_0,
                                 .request_id = request_.id},
                                response.headers);
  if (!bodiless && request_.method != "HEAD") bytes += response.body;
  state_ = State::kAnswered;
  co_return co_await send(std::move(bytes));
}

asio::awaitable<Result<StreamingResponse*>> LiveExchange::stream(StreamKind kind, Headers extra) {
  if (state_ != State::kUnanswered) co_return fail(ErrorCode::kInternal, "the request was answered already");
  status_ = 200;
  keep_alive_ = protocol_.keep_alive && !server_->stopping && !protocol_.http_1_0;
  extra.emplace_back("Cache-Control", "no-cache");
  extra.emplace_back("X-Accel-Buffering", "no");
  std::string bytes = serialize({.status = status_,
                                 .content_type = content_type_of(kind),
                                 .framing = protocol_.http_1_0 ? Framing::kUntilClose : Framing::kChunked,
                                 .keep_alive = keep_alive_,
                                 .http_1_0 = protocol_.http_1_0,
                                 .request_id = request_.id},
                                extra);
  state_ = State::kStreaming;
  if (Status sent = co_await send(std::move(bytes)); !sent)
    co_return std::unexpected(std::move(sent.error()));
  co_return static_cast<StreamingResponse*>(this);
}

asio::awaitable<Status> LiveExchange::write(std::string bytes) {
  if (state_ != State::kStreaming || socket_->is_gone()) {
    state_ = State::kBroken;
    co_return fail(ErrorCode::kCancelled, "the client closed the connection");
  }
  if (request_.method == "HEAD") co_return fail(ErrorCode::kCancelled, "HEAD takes no body");
  if (bytes.empty()) co_return Status{};
  if (protocol_.http_1_0) co_return co_await send(std::move(bytes));
  co_return co_await send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
}

asio::awaitable<Status> LiveExchange::end_stream() {
  state_ = State::kAnswered;
  if (protocol_.http_1_0 || request_.method == "HEAD") co_return Status{};
  co_return co_await send(std::string{kLastChunk});
}

asio::awaitable<Status> LiveExchange::send(std::string bytes) {
  Status sent = co_await socket_->write(std::move(bytes), server_->options.limits.write_timeout);
  if (!sent) state_ = State::kBroken;
  co_return sent;
}

}  // namespace minerva::http
