#include "engine/sample_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace minerva::engine {
namespace {

using std::chrono::microseconds;

constexpr microseconds kAlways{0};

// Time passes when a job says so.
struct ManualClock {
  std::atomic<std::int64_t> now_us{0};
  SamplePool::Clock clock() {
    return [this] { return microseconds{now_us.load()}; };
  }
};

void await_all(SamplePool& pool, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) pool.await(i);
}

TEST(SamplePool, RunsEachJobOnce) {
  for (const std::uint32_t n_threads : {1U, 2U, 4U}) {
    ManualClock time;
    SamplePool pool{n_threads, time.clock(), kAlways};
    for (std::size_t n = 0; n < 40; ++n) {
      std::vector<std::atomic<int>> runs(n);
      pool.start(n, [&](std::size_t i) { ++runs[i]; });
      await_all(pool, n);
      for (std::size_t i = 0; i < n; ++i)
        EXPECT_EQ(runs[i], 1) << n_threads << " threads, " << n << " jobs, job " << i;
    }
  }
}

TEST(SamplePool, LetsAwaitedJobsBeSeenByTheOwner) {
  ManualClock time;
  SamplePool pool{4, time.clock(), kAlways};
  for (int round = 0; round < 500; ++round) {
    std::vector<int> results(9, 0);  // not atomic: the thread sanitizer is the judge
    pool.start(results.size(), [&](std::size_t i) { results[i] = static_cast<int>(i) + round; });
    for (std::size_t i = 0; i < results.size(); ++i) {
      pool.await(i);
      EXPECT_EQ(results[i], static_cast<int>(i) + round);
    }
  }
}

TEST(SamplePool, RunsJobsAtTheSameTime) {
  ManualClock time;
  SamplePool pool{3, time.clock(), kAlways};
  std::latch all_there{3};  // each of three jobs waits for the two others
  pool.start(3, [&](std::size_t) { all_there.arrive_and_wait(); });
  await_all(pool, 3);
}

// The threads that ran the jobs of a step, when each job takes so long.
std::set<std::thread::id> threads_of(microseconds job_time, microseconds worth_waking) {
  ManualClock time;
  SamplePool pool{4, time.clock(), worth_waking};
  std::mutex mutex;
  std::set<std::thread::id> threads;
  for (int round = 0; round < 200; ++round) {
    pool.start(8, [&](std::size_t) {
      time.now_us += job_time.count();
      const std::lock_guard lock{mutex};
      threads.insert(std::this_thread::get_id());
    });
    await_all(pool, 8);
  }
  return threads;
}

TEST(SamplePool, WakesNobodyForLittleWork) {
  EXPECT_EQ(threads_of(microseconds{10}, microseconds{200}), std::set{std::this_thread::get_id()});
}

TEST(SamplePool, WakesOthersOnceStepsTakeLong) {
  ManualClock time;
  SamplePool pool{2, time.clock(), microseconds{200}};
  const auto run = [&](auto job) {
    pool.start(2, job);
    await_all(pool, 2);
  };
  for (int round = 0; round < 50; ++round) run([&](std::size_t) { time.now_us += 1000; });
  std::latch both_there{2};  // would wait for ever on one thread
  run([&](std::size_t) { both_there.arrive_and_wait(); });
}

TEST(SamplePool, EndsWithoutEverHavingWorked) {
  ManualClock time;
  const SamplePool pool{4, time.clock()};
}

}  // namespace
}  // namespace minerva::engine
