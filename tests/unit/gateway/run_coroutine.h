#pragma once
// Runs coroutines of the gateway on the test's own thread.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace minerva::gateway {

// Begins `work` now; its result is there once the context ran far enough.
template <typename T>
std::shared_ptr<std::optional<T>> begin(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  auto result = std::make_shared<std::optional<T>>();
  boost::asio::co_spawn(io, std::move(work), [result](const std::exception_ptr& failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result->emplace(std::move(value));
  });
  io.restart();
  io.poll();
  return result;
}

// Runs the context until `work` is done.
template <typename T>
T finish(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  const auto result = begin(io, std::move(work));
  while (!*result) {
    io.restart();
    if (io.run_one() == 0) throw std::logic_error("the coroutine waits for something that nobody will do");
  }
  return std::move(**result);
}

}  // namespace minerva::gateway
