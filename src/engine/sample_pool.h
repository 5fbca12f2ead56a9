#pragma once
// A few threads that share the sampling of one step with the engine's thread.
//
// Threads: one thread, the owner, calls start() and await(); the jobs run on it and on the pool's own. While there are no
// jobs the pool's threads sleep. They are woken only when the jobs of a step, judged by those of the steps before, take
// longer than the waking; else the owner does them alone. Either way the jobs begin in order, and what they give does not
// depend on which thread ran them.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace minerva::engine {

class SamplePool {
 public:
  using Clock = std::function<std::chrono::microseconds()>;  // called by all threads
  using Job = std::function<void(std::size_t)>;

  // What the jobs of a step have to take so that others are woken for them: waking a thread takes some 50 µs, and the step's
  // other work has to wait for the slowest of them (measured: docs/sampling.md).
  static constexpr std::chrono::microseconds kWorthWaking{200};

  // `n_threads` with the owner's: 1 has no thread of its own. More than kMostThreads are not made.
  static constexpr std::uint32_t kMostThreads = 4;
  SamplePool(std::uint32_t n_threads, Clock clock, std::chrono::microseconds worth_waking = kWorthWaking);

  // No jobs may be left.
  ~SamplePool();
  SamplePool(const SamplePool&) = delete;
  SamplePool& operator=(const SamplePool&) = delete;

  // job(0) to job(n - 1) are to be run, each once. All jobs of the start before were awaited.
  void start(std::size_t n, Job job);

  // Returns when job `i` of the last start is done; meanwhile the caller runs jobs that nobody has begun.
  void await(std::size_t i);

 private:
  void work();
  void run_next(std::unique_lock<std::mutex>& lock);

  Clock clock_;
  std::chrono::microseconds worth_waking_;
  double mean_us_ = 0.0;  // of a job, from the newest some twenty

  std::mutex mutex_;  // guards what follows
  std::condition_variable begun_;
  std::condition_variable done_;
  Job job_;
  std::size_t n_ = 0;
  std::size_t n_begun_ = 0;
  std::size_t n_done_ = 0;
  std::vector<bool> is_done_;
  std::chrono::microseconds spent_{0};  // in jobs of this start
  bool is_shared_ = false;  // others than the owner may run them: also one that is awake for no reason
  bool closed_ = false;

  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace minerva::engine
