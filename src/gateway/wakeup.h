#pragma once
// A wait without polling on one thread: a coroutine checks its condition, waits, and checks again; whoever changes the
// condition notifies. Nothing is stored: a notify() without a waiter is forgotten, which is why the condition is
// checked first.
//
// Threads: the executor's one thread. The owner keeps the Wakeup alive while someone waits.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace minerva::gateway {

using Clock = std::chrono::steady_clock;

class Wakeup {
 public:
  explicit Wakeup(const boost::asio::any_io_executor& executor)
      : timer_(executor, Clock::time_point::max()) {}

  void notify() { timer_.cancel(); }

  [[nodiscard]] boost::asio::awaitable<void> wait() { return wait_until(Clock::time_point::max()); }

  // Returns at the deadline too. One waiter at a time when deadlines differ.
  [[nodiscard]] boost::asio::awaitable<void> wait_until(Clock::time_point deadline) {
    if (timer_.expiry() != deadline) timer_.expires_at(deadline);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace minerva::gateway
