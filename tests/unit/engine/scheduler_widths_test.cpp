// How many running sequences a step takes when there is no prompt to compute.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "engine/scheduler.h"

namespace minerva::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::vector<Runnable> decoding_in(std::initializer_list<std::uint32_t> lanes) {
  std::vector<Runnable> running;
  for (const std::uint32_t lane : lanes) running.push_back({.lane = lane, .decodes = true});
  return running;
}

// Eight at once lose on this machine, as on a CPU: each way to divide them is tried, then four take turns with four.
TEST(SchedulerWidths, TakesAsManySequencesAsTheKernelsLike) {
  Scheduler scheduler{{.n_batch = 64, .max_itl = milliseconds{0}}};
  const auto cost = [](std::size_t n) { return milliseconds{n < 8 ? 2 + 3 * n : 40}; };
  auto running = decoding_in({0, 1, 2, 3, 4, 5, 6, 7});
  std::map<std::size_t, int> widths;
  std::vector<int> n_tokens(8, 0);
  constexpr int kSteps = 800;
  for (int step = 0; step < kSteps; ++step) {
    const BatchPlan plan = scheduler.plan(running);
    for (auto& runnable : running) ++runnable.steps_waited;
    for (const auto& share : plan.shares) {
      running[share.index].steps_waited = 0;
      ++n_tokens[share.index];
    }
    ++widths[plan.shares.size()];
    scheduler.apply({.n_decode = plan.n_tokens(), .n_prefill = 0, .duration = cost(plan.shares.size())});
  }
  EXPECT_GE(widths[4], kSteps * 95 / 100);
  const auto [least, most] = std::ranges::minmax(n_tokens);
  EXPECT_LE(most - least, 10);
}

TEST(SchedulerWidths, TakesNeighboursTogetherAndTheOthersNext) {
  Scheduler scheduler{{.n_batch = 64, .max_itl = milliseconds{0}}};
  auto running = decoding_in({5, 0, 1, 7, 6});
  std::vector<std::vector<std::size_t>> turns;
  for (int step = 0; step < 4; ++step) {
    const BatchPlan plan = scheduler.plan(running);
    for (auto& runnable : running) ++runnable.steps_waited;
    turns.emplace_back();
    for (const auto& share : plan.shares) {
      running[share.index].steps_waited = 0;
      turns.back().push_back(share.index);
    }
  }
  EXPECT_EQ(turns[0], (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(turns[1], (std::vector<std::size_t>{0, 4, 3}));
  EXPECT_EQ(turns[2], turns[0]);
  EXPECT_EQ(turns[3], turns[1]);
}

TEST(SchedulerWidths, DoesNotTryNarrowerWidthsWhereHalfIsClearlySlower) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{200}}};
  const auto running = decoding_in({0, 1, 2, 3, 4, 5, 6, 7});
  std::set<std::size_t> widths;
  for (int step = 0; step < 20; ++step) {
    const BatchPlan plan = scheduler.plan(running);
    widths.insert(plan.shares.size());
    // Each token takes 5 ms, and each step 10 ms beside.
    scheduler.apply({.n_decode = plan.n_tokens(), .duration = milliseconds{10 + 5 * plan.n_tokens()}});
  }
  EXPECT_EQ(widths, (std::set<std::size_t>{4, 8}));
}

// All at once were measured while something else had the machine.
TEST(SchedulerWidths, TakesAllSequencesAgainSoonAfterABadMoment) {
  Scheduler scheduler{{.n_batch = 64, .max_itl = milliseconds{0}}};
  const auto running = decoding_in({0, 1, 2, 3, 4, 5, 6, 7});
  constexpr int kBadSteps = 10;
  constexpr int kSoon = 150;
  int n_narrow = 0;
  int n_narrow_later = 0;
  for (int step = 0; step < 1000; ++step) {
    const auto n = static_cast<std::uint32_t>(scheduler.plan(running).shares.size());
    if (n < 8) ++(step < kSoon ? n_narrow : n_narrow_later);
    const std::uint32_t slowness = step < kBadSteps && n == 8 ? 3 : 1;
    scheduler.apply({.n_decode = n, .duration = slowness * milliseconds{2 + n}});
  }
  EXPECT_GT(n_narrow, 30) << "the bad moment was to show";
  EXPECT_LE(n_narrow_later, 20) << "now and then, to see whether it is better";
}

// A machine on which a batch costs nearly the same whatever its size, as on a GPU.
TEST(SchedulerWidths, TakesAllSequencesWhereTheyCostNoMore) {
  Scheduler scheduler{{.n_batch = 64, .max_itl = milliseconds{0}}};
  const auto running = decoding_in({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  int n_all = 0;
  for (int step = 0; step < 500; ++step) {
    const auto n = static_cast<std::uint32_t>(scheduler.plan(running).shares.size());
    if (n == 16) ++n_all;
    scheduler.apply({.n_decode = n, .n_prefill = 0, .duration = microseconds{8000 + 10 * n}});
  }
  EXPECT_GE(n_all, 480);
}

}  // namespace
}  // namespace minerva::engine
