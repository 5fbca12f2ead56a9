#include "http/client_socket.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace minerva::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadSize = std::size_t{16} * 1024;
constexpr auto kResult = asio::as_tuple(asio::use_awaitable);

std::string name_of(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace

ClientSocket::ClientSocket(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)),
      read_timer_(socket_.get_executor()),
      write_timer_(socket_.get_executor()),
      remote_(name_of(socket_)),
      scratch_(std::make_unique_for_overwrite<char[]>(kReadSize)) {}

ClientSocket::~ClientSocket() = default;

void ClientSocket::begin_read() {
  if (reading_ || ended_ || !socket_.is_open()) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(scratch_.get(), kReadSize),
                          [self = shared_from_this()](const boost::system::error_code& error, std::size_t n) {
                            self->end_read(error, n);
                          });
}

void ClientSocket::end_read(const boost::system::error_code& error, std::size_t n) {
  reading_ = false;
  bytes_.append(scratch_.get(), n);
  if (error) ended_ = true;
  read_timer_.cancel();
  if (!watching_) return;
  if (bytes_.size() > kMaxUnasked) return close();
  if (ended_) return client_is_gone();
  begin_read();
}

asio::awaitable<ClientSocket::Read> ClientSocket::read_more(Clock::time_point deadline) {
  const std::size_t before = bytes_.size();
  begin_read();
  while (reading_) {
    read_timer_.expires_at(deadline);
    const auto [error] = co_await read_timer_.async_wait(kResult);
    if (reading_ && !error) co_return Read::kTimeout;
  }
  co_return bytes_.size() > before ? Read::kBytes : Read::kEnded;
}

void ClientSocket::watch() {
  watching_ = true;
  if (ended_) return client_is_gone();
  begin_read();
}

void ClientSocket::unwatch() {
  watching_ = false;
  on_gone_ = nullptr;
}

void ClientSocket::on_gone(std::function<void()> callback) {
  on_gone_ = std::move(callback);
  if (gone_) client_is_gone();
}

void ClientSocket::client_is_gone() {
  gone_ = true;
  if (const auto callback = std::exchange(on_gone_, nullptr)) callback();
}

asio::awaitable<Status> ClientSocket::write(std::string data, std::chrono::milliseconds timeout) {
  for (std::size_t at = 0; at < data.size();) {
    if (!socket_.is_open()) co_return fail(ErrorCode::kCancelled, "the connection is closed");
    const auto [error, n] = co_await socket_.async_write_some(
        asio::buffer(data) + at, asio::cancel_after(write_timer_, timeout, kResult));
    at += n;
    n_written_ += n;
    if (!error) continue;
    if (error == asio::error::operation_aborted && socket_.is_open()) {
      co_return fail(ErrorCode::kClientTooSlow,
                     fmt::format("the client took nothing for {} ms", timeout.count()));
    }
    client_is_gone();
    co_return fail(ErrorCode::kCancelled, "the client closed the connection");
  }
  co_return Status{};
}

asio::awaitable<void> ClientSocket::finish(Clock::time_point deadline) {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  Read read = Read::kBytes;
  while (read == Read::kBytes && Clock::now() < deadline) {
    bytes_.clear();
    read = co_await read_more(deadline);
  }
  close();
}

void ClientSocket::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  ended_ = true;
  read_timer_.cancel();
  if (watching_) client_is_gone();
}

void ClientSocket::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

}  // namespace minerva::http
