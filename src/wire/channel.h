#pragma once
// One end of the socket pair, for a program that waits in place (the worker, tests). The gateway reads its ends with
// its own event loop and shares only the framing and the codec.
//
// Threads: one reader calls receive(); send() may be called from any thread, messages leave whole and in order of the
// lock. The channel owns the descriptor and closes it.

#include <mutex>
#include <optional>

#include "base/error.h"
#include "wire/frame.h"
#include "wire/messages.h"

namespace minerva::wire {

class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Blocks until the message is with the kernel. kWorkerCrashed when the peer is gone.
  [[nodiscard]] Status send(const Message& message);

  // Blocks for the next message; nothing when the peer closed the stream in good order.
  [[nodiscard]] Result<std::optional<Message>> receive();

  // Wakes a blocked receive(), which then sees the end of the stream. Any thread.
  void close_both_ways();

 private:
  int fd_;
  FrameReader reader_;
  std::mutex send_mutex_;
};

// Both ends of a new socket pair, closed on exec: first for the gateway, second for the worker.
[[nodiscard]] Result<std::pair<int, int>> make_socket_pair();

}  // namespace minerva::wire
