#include "engine/sample_pool.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace minerva::engine {
namespace {

constexpr double kNewShare = 0.1;  // of a step's mean in the running one

}  // namespace

SamplePool::SamplePool(std::uint32_t n_threads, Clock clock, std::chrono::microseconds worth_waking)
    : clock_{std::move(clock)}, worth_waking_{worth_waking} {
  for (std::uint32_t i = 1; i < std::min(n_threads, kMostThreads); ++i)
    threads_.emplace_back([this] { work(); });
}

SamplePool::~SamplePool() {
  const std::lock_guard lock{mutex_};
  assert(n_done_ == n_ && "a pool is destroyed when its jobs are done");
  closed_ = true;
  begun_.notify_all();
}

void SamplePool::start(std::size_t n, Job job) {
  const std::lock_guard lock{mutex_};
  assert(n_done_ == n_ && "all jobs are awaited before the next start");
  if (n_ > 0) {
    const double mean = static_cast<double>(spent_.count()) / static_cast<double>(n_);
    mean_us_ += kNewShare * (mean - mean_us_);
  }
  job_ = std::move(job);
  n_ = n;
  n_begun_ = 0;
  n_done_ = 0;
  is_done_.assign(n, false);
  spent_ = std::chrono::microseconds{0};
  const double expected = mean_us_ * static_cast<double>(n);
  is_shared_ = n >= 2 && expected >= static_cast<double>(worth_waking_.count());
  if (!is_shared_) return;
  for (std::size_t i = 0; i < std::min(n - 1, threads_.size()); ++i) begun_.notify_one();
}

void SamplePool::await(std::size_t i) {
  std::unique_lock lock{mutex_};
  assert(i < n_ && "only what was started can be awaited");
  while (!is_done_[i]) {
    if (n_begun_ < n_) {
      run_next(lock);
    } else {
      done_.wait(lock);
    }
  }
}

void SamplePool::work() {
  std::unique_lock lock{mutex_};
  while (true) {
    begun_.wait(lock, [this] { return closed_ || (is_shared_ && n_begun_ < n_); });
    if (closed_) return;
    run_next(lock);
  }
}

// Holds the lock but for the job itself. The job stays until the next start, which waits for all.
void SamplePool::run_next(std::unique_lock<std::mutex>& lock) {
  const std::size_t i = n_begun_++;
  lock.unlock();
  const auto begin = clock_();
  job_(i);
  const auto spent = clock_() - begin;
  lock.lock();
  is_done_[i] = true;
  ++n_done_;
  spent_ += spent;
  done_.notify_one();
}

}  // namespace minerva::engine
