#pragma once
// One accepted socket: bytes in and bytes out with deadlines, and word of the client's going away.
//
// At most one read is under way at any time, and it is never taken back: what it brings is kept in bytes(). So a read that
// watched for the client's end while a handler ran becomes, without loss, the read of the next request.
//
// Threads: the I/O thread. Ownership: shared by the connection's coroutine and the operation under way.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::http {

class ClientSocket : public std::enable_shared_from_this<ClientSocket> {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Read : std::uint8_t { kBytes, kEnded, kTimeout };

  explicit ClientSocket(boost::asio::ip::tcp::socket socket);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  // Received and not consumed yet.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  void consume(std::size_t n) { bytes_.erase(0, n); }

  // Until bytes() has grown, the client's end is closed or broken, or the deadline has passed.
  [[nodiscard]] boost::asio::awaitable<Read> read_more(Clock::time_point deadline);

  // Watches for the client's end until unwatch(); the callback of on_gone() is told of it once. A client that sends more
  // than kMaxUnasked bytes meanwhile is cut off: they would have to be kept, or its end could no longer be seen.
  void watch();
  void unwatch();
  void on_gone(std::function<void()> callback);
  [[nodiscard]] bool is_gone() const { return gone_; }

  // All of it, or kClientTooSlow when the client took no byte for `timeout`, or kCancelled when the connection is broken.
  [[nodiscard]] boost::asio::awaitable<Status> write(std::string data, std::chrono::milliseconds timeout);

  // Says that no more will come, then reads and drops what the client still sends until it closes its end or the
  // deadline passes. Closing with unread bytes would make the kernel send a reset, which can cost the client our answer.
  [[nodiscard]] boost::asio::awaitable<void> finish(Clock::time_point deadline);

  void close();
  // Closes with a reset, so that the client cannot take what it got for the whole.
  void reset();

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] std::string remote() const { return remote_; }
  [[nodiscard]] std::uint64_t n_written() const { return n_written_; }

  static constexpr std::size_t kMaxUnasked = std::size_t{64} * 1024;

 private:
  void begin_read();
  void end_read(const boost::system::error_code& error, std::size_t n);
  void client_is_gone();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer read_timer_;  // a read's deadline, and what wakes read_more()
  boost::asio::steady_timer write_timer_;
  std::string remote_;
  std::string bytes_;
  std::unique_ptr<char[]> scratch_;
  bool reading_ = false;
  bool ended_ = false;  // no byte will come any more
  bool watching_ = false;
  bool gone_ = false;
  std::function<void()> on_gone_;
  std::uint64_t n_written_ = 0;
};

}  // namespace minerva::http
