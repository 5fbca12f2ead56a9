#pragma once
// Heavy work on other threads, from a coroutine: `co_await run_on(pool, work)` runs `work` there and goes on here.
//
// Threads: called on an executor's thread and resumes on it. Ownership: `work` is moved to the pool and destroyed there.
// Errors: what `work` returns; an exception from it, which can only be the memory's end or a fault of ours, is kInternal.

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "base/error.h"

namespace minerva::api {

template <typename T>
Result<T> run_guarded(const std::function<Result<T>()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return fail(ErrorCode::kInternal, std::string("the request could not be prepared: ") + error.what());
  }
}

template <typename T>
boost::asio::awaitable<Result<T>> run_on(boost::asio::thread_pool& pool, std::function<Result<T>()> work) {
  auto start = [&pool](auto handler, std::function<Result<T>()> job) {
    auto home = boost::asio::make_work_guard(boost::asio::get_associated_executor(handler));
    boost::asio::post(pool, [home, handler = std::move(handler), job = std::move(job)]() mutable {
      auto finish = [handler = std::move(handler), result = run_guarded<T>(job)]() mutable {
        handler(std::move(result));
      };
      job = nullptr;
      boost::asio::post(home.get_executor(), std::move(finish));
    });
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<T>)>(
      std::move(start), boost::asio::use_awaitable, std::move(work));
}

}  // namespace minerva::api
