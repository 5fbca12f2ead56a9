#pragma once
// The gateway's end of the socket pair: messages out in order through a bounded queue, messages in one at a time.
//
// Threads: the I/O thread. Shared by its owner and its own coroutines. One reader.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "gateway/wakeup.h"
#include "wire/frame.h"
#include "wire/messages.h"

namespace minerva::gateway {

class WorkerConnection {
 public:
  // A worker reads between steps, so what waits here is small unless it hangs. Messages without a prompt always find
  // place: there are no more of them than open requests.
  static constexpr std::size_t kMaxUnsentBytes = std::size_t{256} * 1024 * 1024;

  // Takes the descriptor.
  WorkerConnection(const boost::asio::any_io_executor& executor, int fd);

  // Queues a message. kQueueFull when too much waits already, kInternal when it cannot be encoded. A connection whose peer
  // is gone takes messages and drops them: receive() tells.
  [[nodiscard]] Status send(const wire::Message& message);

  // Waits for the next message; nothing at the end of the stream, an error when the bytes are no messages.
  [[nodiscard]] static boost::asio::awaitable<Result<std::optional<wire::Message>>> receive(
      std::shared_ptr<WorkerConnection> self);

  // Writes what send() queued until close() or the peer's end. Run once.
  [[nodiscard]] static boost::asio::awaitable<void> write_loop(std::shared_ptr<WorkerConnection> self);

  // Both coroutines see the end. Idempotent.
  void close();

 private:
  boost::asio::local::stream_protocol::socket socket_;
  wire::FrameReader reader_;
  std::array<char, 64 * 1024> chunk_{};  // what one read brings
  std::deque<std::string> unsent_;
  std::size_t n_unsent_bytes_ = 0;
  bool writable_ = true;
  Wakeup queued_;
};

}  // namespace minerva::gateway
