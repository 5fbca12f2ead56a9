#include "gateway/worker_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <utility>

#include "wire/codec.h"

namespace minerva::gateway {

namespace asio = boost::asio;

namespace {

bool has_prompt(const wire::Message& message) { return std::holds_alternative<wire::Submit>(message); }

}  // namespace

WorkerConnection::WorkerConnection(const asio::any_io_executor& executor, int fd)
    : socket_(executor, asio::local::stream_protocol{}, fd), queued_(executor) {}

Status WorkerConnection::send(const wire::Message& message) {
  if (!writable_) return {};
  auto frame = wire::encode(message);
  if (!frame) return std::unexpected(frame.error());
  if (has_prompt(message) && n_unsent_bytes_ + frame->size() > kMaxUnsentBytes) {
    return fail(ErrorCode::kQueueFull,
                "the inference worker is behind with reading requests; try again later");
  }
  n_unsent_bytes_ += frame->size();
  unsent_.push_back(std::move(*frame));
  queued_.notify();
  return {};
}

asio::awaitable<Result<std::optional<wire::Message>>> WorkerConnection::receive(
    std::shared_ptr<WorkerConnection> self) {
  while (true) {
    const auto frame = self->reader_.next();
    if (!frame) co_return std::unexpected(frame.error());
    if (*frame) {
      auto message = wire::decode(**frame);
      if (!message) co_return std::unexpected(message.error());
      co_return std::move(*message);
    }
    const auto [error, n] = co_await self->socket_.async_read_some(asio::buffer(self->chunk_),
                                                                   asio::as_tuple(asio::use_awaitable));
    // A reset says what an orderly end says: the peer is gone. How is for reap() to tell.
    if (error) co_return std::nullopt;
    self->reader_.feed({self->chunk_.data(), n});
  }
}

asio::awaitable<void> WorkerConnection::write_loop(std::shared_ptr<WorkerConnection> self) {
  while (self->writable_) {
    if (self->unsent_.empty()) {
      co_await self->queued_.wait();
      continue;
    }
    const auto [error, n] = co_await asio::async_write(self->socket_, asio::buffer(self->unsent_.front()),
                                                       asio::as_tuple(asio::use_awaitable));
    self->n_unsent_bytes_ -= self->unsent_.front().size();
    self->unsent_.pop_front();
    // The reading side stays open: what the worker said before its end still counts.
    if (error) self->writable_ = false;
  }
  self->unsent_.clear();
  self->n_unsent_bytes_ = 0;
}

void WorkerConnection::close() {
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
  writable_ = false;
  queued_.notify();
}

}  // namespace minerva::gateway
