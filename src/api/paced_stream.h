#pragma once
// A token stream whose silences are told: a dialect that must not let a connection fall asleep (a long prompt takes
// minutes on a small machine) gets a beat after each interval without an event.
//
// TokenStream::next() cannot be given up without losing what it was about to bring, so one coroutine waits for it and
// hands each event over, and another takes events or beats:
//
//   co_await (paced.pump() && consumer(paced));
//
// The event is handed over only when the consumer asks, so that text which comes meanwhile is merged into one delta.
//
// Threads: the I/O thread. Ownership: `stream` outlives this.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>

#include <chrono>
#include <optional>

#include "gateway/token_stream.h"

namespace minerva::api {

class PacedStream {
 public:
  PacedStream(boost::asio::any_io_executor executor, gateway::TokenStream& stream,
              std::chrono::milliseconds beat);

  // Ends after the terminal event, or after close().
  [[nodiscard]] boost::asio::awaitable<void> pump();

  // The next event, or nothing when there was none for one beat. Not to be called again after a terminal event.
  [[nodiscard]] boost::asio::awaitable<std::optional<gateway::StreamEvent>> next();

  // The consumer wants no more: the generation is cancelled, and pump() ends.
  void close();

 private:
  using Channel = boost::asio::experimental::channel<void(boost::system::error_code, gateway::StreamEvent)>;

  gateway::TokenStream& stream_;
  std::chrono::milliseconds beat_;
  Channel handover_;
};

}  // namespace minerva::api
