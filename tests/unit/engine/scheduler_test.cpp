#include "engine/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "plan_shares.h"

namespace minerva::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Runnable kDecoding{.decodes = true};

Runnable prompt(std::uint32_t n_left, std::uint32_t steps_waited = 0) {
  return {.decodes = false, .n_left = n_left, .steps_waited = steps_waited};
}

TEST(Scheduler, PutsRunningSequencesFirst) {
  const Scheduler scheduler{{.n_batch = 8, .max_itl = milliseconds{0}}};
  const std::vector<Runnable> snapshot{prompt(100), kDecoding, kDecoding};
  const BatchPlan plan = scheduler.plan(snapshot);
  EXPECT_EQ(plan.shares.front().index, 1);
  EXPECT_EQ(shares(plan), (std::map<std::size_t, std::uint32_t>{{0, 6}, {1, 1}, {2, 1}}));
}

TEST(Scheduler, FillsTheBatchWithTheShortestPromptFirst) {
  const Scheduler scheduler{{.n_batch = 100, .max_itl = milliseconds{0}}};
  const std::vector<Runnable> snapshot{prompt(300), prompt(40), prompt(70)};
  EXPECT_EQ(shares(scheduler.plan(snapshot)), (std::map<std::size_t, std::uint32_t>{{1, 40}, {2, 60}}));
}

TEST(Scheduler, TakesPromptsOfNearlyOneLengthInTheOrderOfTheirLanes) {
  const Scheduler scheduler{{.n_batch = 100, .max_itl = milliseconds{0}}};
  const std::vector<Runnable> snapshot{
      {.lane = 2, .n_left = 70}, {.lane = 0, .n_left = 90}, {.lane = 1, .n_left = 80}};
  EXPECT_EQ(shares(scheduler.plan(snapshot)), (std::map<std::size_t, std::uint32_t>{{1, 90}, {2, 10}}));
}

TEST(Scheduler, LetsALongPromptThatWaitedGoBeforeANewShortOne) {
  const Scheduler scheduler{{.n_batch = 100, .max_itl = milliseconds{0}}};
  const std::vector<Runnable> snapshot{prompt(1000, 20), prompt(40)};
  EXPECT_EQ(shares(scheduler.plan(snapshot)), (std::map<std::size_t, std::uint32_t>{{0, 100}}));
}

TEST(Scheduler, TakesTurnsWhenMoreSequencesRunThanABatchHolds) {
  const Scheduler scheduler{{.n_batch = 2, .max_itl = milliseconds{0}}};
  const std::vector<Runnable> snapshot{{.lane = 1, .decodes = true},
                                       {.lane = 0, .decodes = true, .steps_waited = 3},
                                       {.lane = 2, .decodes = true}};
  EXPECT_EQ(shares(scheduler.plan(snapshot)), (std::map<std::size_t, std::uint32_t>{{0, 1}, {1, 1}}));
}

TEST(Scheduler, GivesAPromptASmallChunkBesideAStreamWhileCostsAreUnknown) {
  const Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{200}}};
  const std::vector<Runnable> snapshot{prompt(1000), kDecoding};
  EXPECT_EQ(shares(scheduler.plan(snapshot)).at(0), 16);
}

TEST(Scheduler, GivesAPromptTheWholeBatchWhenNothingDecodes) {
  const Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{200}}};
  const std::vector<Runnable> snapshot{prompt(1000)};
  EXPECT_EQ(shares(scheduler.plan(snapshot)).at(0), 512);
}

TEST(Scheduler, CutsChunksToTheTimeThatAStreamMayWait) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{100}}};
  scheduler.apply({.n_decode = 1, .n_prefill = 0, .duration = milliseconds{20}});
  scheduler.apply({.n_decode = 0, .n_prefill = 512, .duration = milliseconds{1024}});  // 2 ms a token
  const std::vector<Runnable> snapshot{prompt(1000), kDecoding};
  const auto n = shares(scheduler.plan(snapshot)).at(0);
  EXPECT_GE(n, 38U);
  EXPECT_LE(n, 42U);
}

TEST(Scheduler, CountsTheContextOfEveryPromptThatABatchTakes) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{100}}};
  CostModel costs;
  // A millisecond a token, and a tenth of one for a hundred tokens that it looks at.
  for (const std::uint64_t n_attended : {5'000U, 105'000U, 5'000U, 105'000U}) {
    const StepCost step{
        .n_prefill = 100, .n_attended = n_attended, .duration = microseconds{100'000 + n_attended}};
    scheduler.apply(step);
    costs.learn(step);
  }
  const std::vector<Runnable> snapshot{kDecoding, prompt(10), {.n_left = 1000, .n_context = 4000}};
  const auto taken = shares(scheduler.plan(snapshot));
  const std::uint32_t n_second = taken.contains(2) ? taken.at(2) : 0;
  const std::uint32_t n = taken.at(1) + n_second;
  EXPECT_TRUE(n <= 16 || *costs.mixed(1, n, 50 + n_second * (4000 + n_second / 2)) <= milliseconds{100}) << n;
}

TEST(Scheduler, GivesAPromptLessTimeTheLongerItsContextIs) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{100}}};
  const auto learn = [&](std::uint32_t n_context) {  // 1 ms a token and 1 us for each token that it looks at
    const std::uint64_t n_attended = std::uint64_t{100} * n_context;
    scheduler.apply({.n_decode = 0,
                     .n_prefill = 100,
                     .n_attended = n_attended,
                     .duration = microseconds{100'000 + static_cast<std::int64_t>(n_attended)}});
  };
  for (const std::uint32_t n_context : {0U, 1000U, 500U, 2000U, 100U, 1500U}) learn(n_context);
  Runnable near = prompt(1000);
  Runnable far = prompt(1000);
  far.n_context = 3000;
  const auto n_near = shares(scheduler.plan(std::vector{near, kDecoding})).at(0);
  const auto n_far = shares(scheduler.plan(std::vector{far, kDecoding})).at(0);
  EXPECT_GT(n_near, 2 * n_far);
  EXPECT_GE(n_far, 16U);
}

// What steps with this many prompt tokens took.
void learn_prompts(Scheduler& scheduler,
                   std::initializer_list<std::pair<std::uint32_t, milliseconds>> steps) {
  for (const auto& [n_tokens, duration] : steps)
    scheduler.apply({.n_decode = 0, .n_prefill = n_tokens, .duration = duration});
}

TEST(Scheduler, LetsThePromptsEndOneByOneWhereEachRowCostsItsTime) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{200}}};
  learn_prompts(scheduler, {{100, milliseconds{210}}, {400, milliseconds{810}}});  // 10 ms a step, 2 ms a row
  const std::vector<Runnable> snapshot(4, prompt(100));
  EXPECT_EQ(shares(scheduler.plan(snapshot)), (std::map<std::size_t, std::uint32_t>{{0, 100}}));
}

TEST(Scheduler, LetsThePromptsEndOneByOneBesideAStream) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{100}}};
  learn_prompts(scheduler, {{20, milliseconds{50}}, {400, milliseconds{810}}});
  std::vector<Runnable> snapshot(4, prompt(100));
  snapshot.push_back(kDecoding);
  std::vector<std::size_t> ends;
  for (int step = 0; step < 100 && ends.size() < 4; ++step) {
    const BatchPlan plan = scheduler.plan(snapshot);
    for (auto& runnable : snapshot) ++runnable.steps_waited;
    for (const auto& share : plan.shares) {
      Runnable& runnable = snapshot[share.index];
      if (runnable.decodes) continue;
      runnable.n_left -= share.n_tokens;
      EXPECT_EQ(share.index, ends.size()) << "another prompt than the one that is on";
      if (runnable.n_left == 0) {
        ends.push_back(share.index);
        runnable = kDecoding;
      }
    }
  }
  EXPECT_EQ(ends, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(Scheduler, LetsThePromptsEndTogetherWhereAStepCostsMoreThanItsRows) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{200}}};
  learn_prompts(scheduler, {{100, milliseconds{50}}, {400, milliseconds{60}}});
  const std::vector<Runnable> snapshot(4, prompt(100));
  EXPECT_EQ(scheduler.plan(snapshot).shares.size(), 4U);
}

// Each of them, too, gets its first token sooner by every step that is saved before.
TEST(Scheduler, LetsThePromptsEndTogetherWhereManyWaitForASlot) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{200}}};
  learn_prompts(scheduler, {{100, milliseconds{210}}, {400, milliseconds{810}}});  // 10 ms a step, 2 ms a row
  const std::vector<Runnable> snapshot(2, prompt(100));
  EXPECT_EQ(scheduler.plan(snapshot, 18).shares.size(), 1U);
  EXPECT_EQ(scheduler.plan(snapshot, 19).shares.size(), 2U);
}

TEST(Scheduler, LetsThePromptsEndTogetherWhereOnlyThroughputCounts) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{0}}};
  learn_prompts(scheduler, {{100, milliseconds{210}}, {400, milliseconds{810}}});
  const std::vector<Runnable> snapshot(4, prompt(100));
  EXPECT_EQ(scheduler.plan(snapshot).shares.size(), 4U);
}

TEST(Scheduler, PutsThePromptFirstThatOthersWaitFor) {
  const Scheduler scheduler{{.n_batch = 100, .max_itl = milliseconds{0}}};
  Runnable leader = prompt(1500);
  leader.n_followers = 7;
  leader.n_awaited = 1400;
  EXPECT_EQ(shares(scheduler.plan(std::vector{prompt(300), leader})),
            (std::map<std::size_t, std::uint32_t>{{1, 100}}));
}

Runnable of_tenant(std::uint32_t tenant, Runnable runnable) {
  runnable.tenant = tenant;
  return runnable;
}

TEST(Scheduler, PutsPromptsOfTheTenantFirstOfWhichLeastWasComputed) {
  Scheduler scheduler{{.n_batch = 100, .max_itl = milliseconds{0}}};
  const std::vector<Runnable> snapshot{of_tenant(1, prompt(200)), of_tenant(2, prompt(90)),
                                       of_tenant(1, prompt(20))};
  for (int i = 0; i < 5; ++i) scheduler.charge_prompt(1, 100);
  EXPECT_EQ(shares(scheduler.plan(snapshot)), (std::map<std::size_t, std::uint32_t>{{1, 90}, {2, 10}}));
}

// Tenants that both have more prompts than fit get the same number of tokens, and a newcomer does not have to wait for them.
TEST(Scheduler, SharesTheStepsAmongTenantsNotAmongPrompts) {
  Scheduler scheduler{{.n_batch = 100, .max_itl = milliseconds{0}}};
  std::vector<Runnable> running(7, of_tenant(1, prompt(1'000'000)));
  running.push_back(of_tenant(2, prompt(1'000'000)));
  std::map<std::uint32_t, std::uint32_t> n_tokens;
  const auto step = [&] {
    const BatchPlan plan = scheduler.plan(running);
    for (const auto& share : plan.shares) {
      Runnable& runnable = running[share.index];
      n_tokens[runnable.tenant] += share.n_tokens;
      runnable.n_left -= share.n_tokens;
      scheduler.charge_prompt(runnable.tenant, share.n_tokens);
    }
  };
  for (int i = 0; i < 200; ++i) step();
  EXPECT_NEAR(n_tokens[1], 10'000, 300);
  EXPECT_NEAR(n_tokens[2], 10'000, 300);
  running.push_back(of_tenant(3, prompt(80)));
  step();
  EXPECT_EQ(n_tokens[3], 80U);
}

TEST(Scheduler, KeepsStepsShortWhereAnotherTenantMayCome) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{100}}};
  for (const std::uint32_t n : {16U, 100U, 200U, 100U})  // 1 ms a token
    scheduler.apply({.n_prefill = n, .duration = milliseconds{n}});
  const std::vector<Runnable> alone{of_tenant(1, prompt(5000))};
  scheduler.note_prompt(1, 5000);
  EXPECT_EQ(shares(scheduler.plan(alone)).at(0), 512U);
  scheduler.note_prompt(2, 100);
  EXPECT_NEAR(shares(scheduler.plan(alone)).at(0), 50, 2) << "half of what the other's prompt takes";
  const std::vector<Runnable> both{of_tenant(1, prompt(5000)), of_tenant(2, prompt(80))};
  for (int i = 0; i < 10; ++i) scheduler.charge_prompt(1, 512);
  EXPECT_EQ(shares(scheduler.plan(both)), (std::map<std::size_t, std::uint32_t>{{1, 80}}));
  for (int i = 0; i < 601; ++i) scheduler.apply({.n_prefill = 100, .duration = milliseconds{100}});
  EXPECT_EQ(shares(scheduler.plan(alone)).at(0), 512U) << "nobody was here for a minute";
}

// On a GPU a small step takes as long as a smaller one.
TEST(Scheduler, DoesNotKeepStepsSmallerThanTheMachineNeedsForTheSakeOfOthers) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{50}}};
  for (const std::uint32_t n : {16U, 64U, 128U, 256U, 512U})
    scheduler.apply({.n_prefill = n, .duration = microseconds{10'000 + 10 * n}});
  scheduler.note_prompt(1, 5000);
  scheduler.note_prompt(2, 70);
  const auto n = shares(scheduler.plan(std::vector{of_tenant(1, prompt(5000))})).at(0);
  EXPECT_GE(n, 200U);
}

TEST(Scheduler, AdvancesPromptsHoweverSlowTheMachineIs) {
  Scheduler scheduler{{.n_batch = 512, .max_itl = milliseconds{50}}};
  scheduler.apply({.n_decode = 1, .n_prefill = 0, .duration = milliseconds{400}});
  scheduler.apply({.n_decode = 0, .n_prefill = 64, .duration = milliseconds{64'000}});
  const std::vector<Runnable> snapshot{prompt(1000), kDecoding};
  EXPECT_EQ(shares(scheduler.plan(snapshot)).at(0), 16);
}

TEST(Scheduler, PlansNothingForNobody) {
  const Scheduler scheduler{{.n_batch = 8, .max_itl = milliseconds{200}}};
  EXPECT_TRUE(scheduler.plan({}).shares.empty());
}

// Many steps over a machine of which the model knows only what it measures: no step beside a stream is longer than the
// limit by more than its smallest chunk, no plan is above the batch, and every prompt comes to its end.
TEST(Scheduler, KeepsItsPromiseOverSeededWorkloads) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random{seed};
    const auto limit = milliseconds{100};
    Scheduler scheduler{{.n_batch = 128, .max_itl = limit}};
    std::vector<Runnable> running;
    std::size_t n_done = 0;
    const microseconds token_cost{400 + random() % 3000};
    const auto cost = [&](std::uint32_t n) { return microseconds{5000} + token_cost * n; };
    for (int step = 0; step < 3000; ++step) {
      if (running.size() < 8 && random() % 4 == 0)
        running.push_back(prompt(static_cast<std::uint32_t>(1 + random() % 600)));
      const BatchPlan plan = scheduler.plan(running);
      ASSERT_LE(plan.n_tokens(), 128U) << "seed " << seed;
      ASSERT_EQ(plan.shares.empty(), running.empty()) << "seed " << seed;
      StepCost spent;
      for (auto& runnable : running) ++runnable.steps_waited;
      for (const auto& share : plan.shares) {
        Runnable& runnable = running[share.index];
        ASSERT_LE(share.n_tokens, runnable.n_left) << "seed " << seed;
        (runnable.decodes ? spent.n_decode : spent.n_prefill) += share.n_tokens;
        if (runnable.decodes) {
          runnable.steps_waited = 0;
          continue;
        }
        runnable.n_left -= share.n_tokens;
        if (runnable.n_left == 0) runnable = kDecoding;
      }
      ASSERT_TRUE(std::ranges::all_of(running, [](const Runnable& r) { return r.steps_waited < 400; }))
          << "seed " << seed;
      if (spent.n_decode + spent.n_prefill > 0) {
        spent.duration = cost(spent.n_decode + spent.n_prefill);
        if (spent.n_decode > 0) {
          ASSERT_LE(spent.duration, limit + cost(16 + 8)) << "seed " << seed << " step " << step;
        }
        scheduler.apply(spent);
      }
      if (!running.empty() && running.front().decodes && random() % 20 == 0) {
        running.erase(running.begin());
        ++n_done;
      }
    }
    EXPECT_GT(n_done, 10U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace minerva::engine
