// The scheduler alone, through two million steps in every test run: lanes whose prompts and answers are drawn from a seed, on
// a machine whose steps cost what a law says. A cost model that is told the same as the scheduler's own says what the
// scheduler could know.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <vector>

#include "cost_law.h"
#include "engine/cost_model.h"
#include "engine/scheduler.h"
#include "run_length.h"

namespace minerva::simulation {

using engine::BatchPlan;
using engine::CostModel;
using engine::Runnable;
using engine::Scheduler;
using engine::SchedulerLimits;
using engine::StepCost;

struct World {
  const char* name;
  SchedulerLimits limits;
  CostLaw law;
  std::uint32_t n_lanes = 8;
  std::uint32_t longest_prompt = 1000;
  std::uint32_t longest_answer = 60;
  std::uint32_t arrives_in = 10;  // an empty lane is taken in one step of so many
  std::uint32_t leaves_in = 2000;
  std::uint32_t loses_kv_in = 5000;
  bool drafts = false;
};

void PrintTo(const World& world, std::ostream* out) { *out << world.name; }

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSteps = 200'000;  // of each world in every test run
constexpr std::uint64_t kStepsOfOneSeed = 20'000;

// engine/scheduler.cpp's constants of these names.
constexpr std::uint32_t kLeastPrefill = 16;
constexpr std::uint32_t kAgeingTokens = 64;
constexpr std::uint32_t kMostParts = 4;

struct Lane {
  Runnable runnable;
  std::uint32_t n_answer = 0;      // tokens still to come; 0: the lane is empty
  std::uint32_t n_steps_open = 0;  // of the prompt
};

class SchedulerSimulation {
 public:
  SchedulerSimulation(const World& world, std::uint64_t seed)
      : world_{world}, random_{seed}, scheduler_{world.limits}, lanes_(world.n_lanes) {}

  void step() {
    arrive_and_leave();
    std::vector<Runnable> snapshot;
    std::vector<Lane*> owners;
    for (Lane& lane : lanes_) {
      if (lane.n_answer == 0) continue;
      snapshot.push_back(lane.runnable);
      owners.push_back(&lane);
    }
    const BatchPlan plan = scheduler_.plan(snapshot);
    if (snapshot.empty()) {
      EXPECT_TRUE(plan.shares.empty());
      return;
    }
    check_form(plan, snapshot);
    check_limit(plan, snapshot);
    compute(plan, owners);
    check_waiting();
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool one_in(std::uint32_t n) { return n > 0 && below(n) == 0; }

  void arrive_and_leave() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      Lane& lane = lanes_[i];
      if (lane.n_answer == 0) {
        if (!one_in(world_.arrives_in)) continue;
        // As many short prompts as long ones.
        const std::uint32_t most = one_in(2) ? world_.longest_prompt : 40;
        lane = {.runnable = {.lane = static_cast<std::uint32_t>(i), .n_left = 1 + below(most)},
                .n_answer = 1 + below(world_.longest_answer)};
        lane.runnable.n_followers = one_in(4) ? 1 + below(6) : 0;
        lane.runnable.n_awaited = 1 + below(lane.runnable.n_left);
        lane.runnable.hit_rate = below(100) / 100.0;
      } else if (one_in(world_.leaves_in)) {
        lane.n_answer = 0;
      } else if (one_in(world_.loses_kv_in)) {
        Runnable& runnable = lane.runnable;
        runnable.n_left += std::exchange(runnable.n_context, 0);
        runnable.decodes = false;
        runnable.n_draft = 0;
        lane.n_steps_open = 0;
      }
    }
  }

  void check_form(const BatchPlan& plan, const std::vector<Runnable>& snapshot) const {
    ASSERT_FALSE(plan.shares.empty()) << "somebody could run";
    ASSERT_LE(plan.n_tokens(), world_.limits.n_batch);
    std::vector<bool> seen(snapshot.size());
    std::uint32_t n_ahead = 0;
    for (const auto& share : plan.shares) {
      ASSERT_LT(share.index, snapshot.size());
      ASSERT_FALSE(seen[share.index]) << "twice in a batch";
      seen[share.index] = true;
      const Runnable& runnable = snapshot[share.index];
      ASSERT_GE(share.n_tokens, 1U);
      ASSERT_LE(share.n_tokens, runnable.decodes ? 1 + runnable.n_draft : runnable.n_left);
      if (runnable.decodes && share.n_tokens > 1) n_ahead += share.n_tokens;
    }
    ASSERT_LE(n_ahead, world_.limits.n_outputs);
  }

  // With a stream in the lanes, prompts take the least chunk, or what the limit allows by all that can be known.
  void check_limit(const BatchPlan& plan, const std::vector<Runnable>& snapshot) const {
    if (world_.limits.max_itl.count() == 0) return;
    const StepCost cost = cost_of(plan, snapshot);
    const bool any_stream = std::ranges::any_of(snapshot, &Runnable::decodes);
    if (!any_stream || cost.n_prefill <= kLeastPrefill) return;
    ASSERT_EQ(cost.n_decode, static_cast<std::uint32_t>(std::ranges::count_if(snapshot, &Runnable::decodes)))
        << "beside prompts every stream has its token";
    const auto time = known_.mixed(cost.n_decode, cost.n_prefill, cost.n_attended);
    ASSERT_TRUE(time) << cost.n_prefill
                      << " prompt tokens beside streams, at a cost that nothing is known of";
    ASSERT_LE(time->count(), CostModel::Time{world_.limits.max_itl}.count() + 1e-6)
        << cost.n_decode << " streams, " << cost.n_prefill << " prompt tokens, " << cost.n_attended
        << " attended";
  }

  static StepCost cost_of(const BatchPlan& plan, const std::vector<Runnable>& snapshot) {
    StepCost cost;
    for (const auto& share : plan.shares) {
      const Runnable& runnable = snapshot[share.index];
      (runnable.decodes ? cost.n_decode : cost.n_prefill) += share.n_tokens;
      cost.n_attended += std::uint64_t{share.n_tokens} * (runnable.n_context + share.n_tokens / 2);
    }
    return cost;
  }

  void compute(const BatchPlan& plan, const std::vector<Lane*>& owners) {
    StepCost cost;
    for (Lane* lane : owners) {
      ++lane->runnable.steps_waited;
      ++lane->n_steps_open;
    }
    for (const auto& share : plan.shares) {
      Lane& lane = *owners[share.index];
      const bool decodes = lane.runnable.decodes;
      (decodes ? cost.n_decode : cost.n_prefill) += share.n_tokens;
      cost.n_attended += std::uint64_t{share.n_tokens} * (lane.runnable.n_context + share.n_tokens / 2);
      decodes ? take_tokens(lane, share.n_tokens) : take_prompt(lane, share.n_tokens);
    }
    cost.duration = world_.law.of(cost.n_decode + cost.n_prefill, cost.n_attended);
    scheduler_.apply(cost);
    known_.learn(cost);
  }

  void take_prompt(Lane& lane, std::uint32_t n) {
    Runnable& runnable = lane.runnable;
    --runnable.steps_waited;
    runnable.n_left -= n;
    runnable.n_context += n;
    runnable.n_awaited -= std::min(runnable.n_awaited, n);
    if (runnable.n_awaited == 0) runnable.n_followers = 0;
    if (runnable.n_left == 0) start_stream(lane);
  }

  void start_stream(Lane& lane) {
    lane.runnable.decodes = true;
    lane.runnable.n_left = 1;
    lane.runnable.n_followers = 0;
    lane.runnable.steps_waited = 0;
    lane.n_steps_open = 0;
    --lane.n_answer;
    if (world_.drafts) lane.runnable.n_draft = std::min(one_in(2) ? 15U : 0U, lane.n_answer);
  }

  void take_tokens(Lane& lane, std::uint32_t n) {
    Runnable& runnable = lane.runnable;
    std::uint32_t n_right = 1;
    while (n_right < n && below(100) < static_cast<std::uint32_t>(runnable.hit_rate * 100)) ++n_right;
    runnable.n_context += n_right;
    runnable.steps_waited = 0;
    lane.n_answer -= std::min(lane.n_answer, n_right);
    if (world_.drafts) runnable.n_draft = std::min(one_in(3) ? 0U : 15U, lane.n_answer);
  }

  // A stream waits for the turns of the others, a prompt until it is older than every new one and then for those before it.
  void check_waiting() const {
    const std::uint32_t n_turns =
        kMostParts + (world_.n_lanes + world_.limits.n_batch - 1) / world_.limits.n_batch;
    const std::uint32_t longest = world_.longest_prompt + world_.longest_answer;
    const std::uint32_t most = 2 * longest / kAgeingTokens +
                               world_.n_lanes * longest / std::min(kLeastPrefill, world_.limits.n_batch) + 16;
    for (const Lane& lane : lanes_) {
      if (lane.n_answer == 0) continue;
      if (lane.runnable.decodes) {
        ASSERT_LE(lane.runnable.steps_waited, 2 * n_turns * world_.n_lanes) << "a stream starves";
      } else {
        ASSERT_LE(lane.n_steps_open, most) << "a prompt starves";
      }
    }
  }

  World world_;
  std::mt19937_64 random_;
  Scheduler scheduler_;
  CostModel known_;
  std::vector<Lane> lanes_;
};

class SchedulerSimulationTest : public testing::TestWithParam<World> {};

TEST_P(SchedulerSimulationTest, KeepsItsLimitsAndStarvesNobody) {
  for_each_seed(kSteps, kStepsOfOneSeed, [&](std::uint64_t seed, std::uint64_t n_steps) {
    SchedulerSimulation simulation{GetParam(), seed};
    for (std::uint64_t i = 0; i < n_steps && !HasFailure(); ++i) simulation.step();
  });
}

INSTANTIATE_TEST_SUITE_P(
    Worlds, SchedulerSimulationTest,
    testing::Values(
        World{.name = "Usual", .limits = {.max_itl = milliseconds{200}}, .law = {}},
        World{.name = "Tiles", .limits = {.max_itl = milliseconds{100}}, .law = {.tile = 16}, .n_lanes = 16},
        World{.name = "Attention",
              .limits = {.max_itl = milliseconds{100}},
              .law = {.attended = 0.3},
              .longest_prompt = 4000},
        World{
            .name = "Slow", .limits = {.max_itl = milliseconds{50}}, .law = {.step = 60'000, .token = 9'000}},
        World{.name = "ThroughputOnly", .limits = {}, .law = {}},
        World{.name = "OneLane",
              .limits = {.n_batch = 8, .max_itl = milliseconds{50}},
              .law = {},
              .n_lanes = 1,
              .longest_prompt = 200},
        World{.name = "SmallBatch",
              .limits = {.n_batch = 24, .max_itl = milliseconds{200}},
              .law = {},
              .n_lanes = 16,
              .longest_prompt = 300},
        World{.name = "BatchSmallerThanTheStreams",
              .limits = {.n_batch = 8, .max_itl = milliseconds{200}},
              .law = {},
              .n_lanes = 24,
              .longest_prompt = 200,
              .arrives_in = 3},
        World{.name = "Drafts",
              .limits = {.max_itl = milliseconds{100}},
              .law = {.step = 8000, .token = 100},
              .longest_answer = 300,
              .drafts = true},
        World{.name = "NeverEmpty",
              .limits = {.max_itl = milliseconds{100}},
              .law = {},
              .n_lanes = 32,
              .arrives_in = 1}),
    [](const auto& world) { return world.param.name; });

}  // namespace
}  // namespace minerva::simulation
