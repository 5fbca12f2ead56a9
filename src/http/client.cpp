#include "http/client.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <array>
#include <exception>
#include <optional>
#include <utility>

namespace minerva::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using SystemError = boost::system::error_code;
using OnLine = std::function<bool(std::string_view)>;

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
// A line of a stream longer than this is no event of a server of ours.
constexpr std::size_t kMaxLine = std::size_t{16} * 1024 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// Cuts what comes into lines; CR LF and LF both end one.
class LineCutter {
 public:
  explicit LineCutter(OnLine on_line) : on_line_(std::move(on_line)) {}

  // False when the receiver wants no more, or a line has no end.
  bool feed(std::string_view bytes) {
    rest_ += bytes;
    std::size_t at = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', at)) {
      std::string_view line{rest_.data() + at, end - at};
      if (line.ends_with('\r')) line.remove_suffix(1);
      at = end + 1;
      if (!on_line_(line)) return false;
    }
    rest_.erase(0, at);
    return rest_.size() <= kMaxLine;
  }

  // What came after the last line's end is a line too.
  void finish() {
    if (!rest_.empty()) on_line_(rest_);
  }

 private:
  OnLine on_line_;
  std::string rest_;
};

class ResponseParser final : public beast::http::basic_parser<false> {
 public:
  ResponseParser(Bytes max_body, std::optional<LineCutter> lines) : lines_(std::move(lines)) {
    eager(true);
    header_limit(64 * 1024);
    body_limit(lines_ ? boost::none : boost::optional<std::uint64_t>(max_body.value));
  }

  void finish_lines() {
    if (streams()) lines_->finish();
  }

  ClientResponse response;
  bool stopped = false;  // the receiver of lines wants no more

 private:
  [[nodiscard]] bool streams() const { return lines_ && response.status / 100 == 2; }

  std::size_t take(beast::string_view body, SystemError& error) {
    if (!streams()) {
      response.body += view(body);
    } else if (!lines_->feed(view(body))) {
      stopped = true;
      error = beast::http::error::end_of_stream;
    }
    return body.size();
  }

  void on_response_impl(int status, beast::string_view, int, SystemError&) override {
    response.status = status;
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     SystemError&) override {
    response.headers.emplace_back(view(name), view(value));
  }
  std::size_t on_body_impl(beast::string_view body, SystemError& error) override { return take(body, error); }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, SystemError& error) override {
    return take(body, error);
  }
  void on_trailer_field_impl(beast::http::field, beast::string_view, beast::string_view,
                             SystemError&) override {}
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       SystemError&) override {}
  void on_header_impl(SystemError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, SystemError&) override {}
  void on_chunk_header_impl(std::uint64_t, beast::string_view, SystemError&) override {}
  void on_finish_impl(SystemError&) override {}

  std::optional<LineCutter> lines_;
};

std::string serialize(const ClientOptions& options, const ClientRequest& request) {
  const bool v6 = options.host.contains(':') && !options.host.starts_with('[');
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nConnection: close\r\n", request.method,
                                 request.target, v6 ? "[" : "", options.host, v6 ? "]" : "", options.port);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty()) {
    if (!find_header(request.headers, "content-type")) text += "Content-Type: application/json\r\n";
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return text + "\r\n" + request.body;
}

// One request on a connection and an io_context of its own; the caller's thread runs both.
class Call {
 public:
  Call(const ClientOptions& options, std::stop_token stop, std::optional<LineCutter> lines)
      : options_(options), stop_(std::move(stop)), parser_(options.max_body, std::move(lines)) {}

  Result<ClientResponse> run(const ClientRequest& request) {
    parser_.skip(request.method == "HEAD");
    const std::stop_callback on_stop(stop_, [this] { asio::post(io_, [this] { abandon(); }); });
    Status done = fail(ErrorCode::kInternal, "the request did not run");
    asio::co_spawn(io_, talk(serialize(options_, request)),
                   [this, &done](const std::exception_ptr& failure, Status status) {
                     if (failure) std::rethrow_exception(failure);
                     done = std::move(status);
                     io_.stop();
                   });
    io_.run();
    if (stop_.stop_requested()) return fail(ErrorCode::kCancelled, "the request was stopped");
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(parser_.response);
  }

 private:
  void abandon() {
    SystemError ignored;
    resolver_.cancel();
    socket_.close(ignored);
    io_.stop();
  }

  asio::awaitable<Status> talk(std::string request) {
    if (Status connected = co_await connect(); !connected) co_return connected;
    const auto [error, n] = co_await asio::async_write(socket_, asio::buffer(request),
                                                       asio::cancel_after(options_.read_timeout, kResult));
    // A server may answer and close before it has read everything; its answer is worth more than the error.
    if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset)
      co_return broken(error);
    co_return co_await read();
  }

  asio::awaitable<Status> connect() {
    std::string host = options_.host;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto [unknown, endpoints] = co_await resolver_.async_resolve(
        host, std::to_string(options_.port), asio::cancel_after(options_.connect_timeout, kResult));
    if (unknown) {
      co_return fail(ErrorCode::kInvalidConfiguration,
                     fmt::format("the host '{}' has no address: {}", options_.host, unknown.message()),
                     "--host");
    }
    const auto [error, endpoint] = co_await asio::async_connect(
        socket_, endpoints, asio::cancel_after(options_.connect_timeout, kResult));
    if (!error) co_return Status{};
    if (error == asio::error::operation_aborted) co_return timed_out("connecting", options_.connect_timeout);
    co_return fail(ErrorCode::kNotReady,
                   fmt::format("no server answers at {}:{} ({}); start one with: minerva serve",
                               options_.host, options_.port, error.message()));
  }

  asio::awaitable<Status> read() {
    std::string waiting;  // received, not parsed yet
    while (!parser_.is_done()) {
      const auto [error, n] = co_await socket_.async_read_some(
          asio::buffer(buffer_), asio::cancel_after(options_.read_timeout, kResult));
      if (error == asio::error::eof) co_return end_of_connection();
      if (error) co_return broken(error);
      waiting.append(buffer_.data(), n);
      SystemError wrong;
      waiting.erase(0, parser_.put(asio::buffer(waiting), wrong));
      if (parser_.stopped) co_return Status{};
      if (wrong && wrong != beast::http::error::need_more) {
        co_return fail(ErrorCode::kInternal,
                       fmt::format("the server's answer cannot be read: {}", wrong.message()));
      }
    }
    parser_.finish_lines();
    co_return Status{};
  }

  Status end_of_connection() {
    SystemError error = beast::http::error::partial_message;
    if (parser_.got_some()) parser_.put_eof(error);
    if (error)
      return fail(ErrorCode::kInternal, "the server closed the connection before its answer was whole");
    parser_.finish_lines();
    return {};
  }

  Status broken(const SystemError& error) const {
    if (error == asio::error::operation_aborted) return timed_out("the answer", options_.read_timeout);
    return fail(ErrorCode::kInternal, fmt::format("the connection to the server broke: {}", error.message()));
  }

  static Status timed_out(std::string_view what, std::chrono::milliseconds after) {
    return fail(ErrorCode::kTimeout, fmt::format("{} took longer than {} ms", what, after.count()));
  }

  const ClientOptions& options_;
  std::stop_token stop_;
  asio::io_context io_{1};
  tcp::resolver resolver_{io_};
  tcp::socket socket_{io_};
  ResponseParser parser_;
  std::array<char, 16384> buffer_{};
};

}  // namespace

Client::Client(ClientOptions options) : options_(std::move(options)) {}

Result<ClientResponse> Client::send(const ClientRequest& request, std::stop_token stop) {
  return Call(options_, std::move(stop), std::nullopt).run(request);
}

Result<ClientResponse> Client::send_streaming(const ClientRequest& request, OnLine on_line,
                                              std::stop_token stop) {
  return Call(options_, std::move(stop), LineCutter(std::move(on_line))).run(request);
}

}  // namespace minerva::http
