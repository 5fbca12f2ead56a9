#include "api/paced_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace minerva::api {

namespace asio = boost::asio;

PacedStream::PacedStream(asio::any_io_executor executor, gateway::TokenStream& stream,
                         std::chrono::milliseconds beat)
    : stream_(stream), beat_(beat), handover_(std::move(executor), 0) {}

asio::awaitable<void> PacedStream::pump() {
  for (bool more = true; more;) {
    gateway::StreamEvent event = co_await stream_.next();
    more = std::holds_alternative<gateway::TextDelta>(event);
    const auto [closed] =
        co_await handover_.async_send({}, std::move(event), asio::as_tuple(asio::use_awaitable));
    if (closed) co_return;
  }
}

asio::awaitable<std::optional<gateway::StreamEvent>> PacedStream::next() {
  auto [error, event] =
      co_await handover_.async_receive(asio::cancel_after(beat_, asio::as_tuple(asio::use_awaitable)));
  if (error) co_return std::nullopt;
  co_return std::move(event);
}

void PacedStream::close() {
  stream_.cancel();
  // Closing refuses what comes; an event that waits to be handed over is let go by cancel() alone.
  handover_.close();
  handover_.cancel();
}

}  // namespace minerva::api
