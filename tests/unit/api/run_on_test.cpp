#include "api/run_on.h"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <stdexcept>
#include <thread>

namespace minerva::api {
namespace {

namespace asio = boost::asio;

struct Seen {
  std::thread::id worked;
  std::thread::id resumed;
  Result<int> result = 0;
};

asio::awaitable<void> ask(asio::thread_pool& pool, Seen& seen, int answer) {
  std::function<Result<int>()> work = [&seen, answer]() -> Result<int> {
    seen.worked = std::this_thread::get_id();
    if (answer < 0) throw std::runtime_error("broken");
    if (answer == 0) return fail(ErrorCode::kTemplateFailed, "no");
    return answer;
  };
  seen.result = co_await run_on(pool, std::move(work));
  seen.resumed = std::this_thread::get_id();
}

Seen run(int answer) {
  asio::thread_pool pool(1);
  asio::io_context io;
  Seen seen;
  asio::co_spawn(io, ask(pool, seen, answer),
                 [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
  io.run();
  return seen;
}

TEST(RunOn, WorksElsewhereAndResumesHere) {
  const Seen seen = run(42);
  EXPECT_EQ(seen.result, 42);
  EXPECT_NE(seen.worked, std::this_thread::get_id());
  EXPECT_EQ(seen.resumed, std::this_thread::get_id());
}

TEST(RunOn, BringsErrorsBack) { EXPECT_EQ(run(0).result.error().code, ErrorCode::kTemplateFailed); }

TEST(RunOn, MakesAnErrorOfAnException) {
  const Seen seen = run(-1);
  ASSERT_FALSE(seen.result.has_value());
  EXPECT_EQ(seen.result.error().code, ErrorCode::kInternal);
  EXPECT_EQ(seen.result.error().message, "the request could not be prepared: broken");
}

}  // namespace
}  // namespace minerva::api
