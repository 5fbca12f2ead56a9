#include "scheduler_simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace minerva::simulation {
namespace {

using engine::BatchPlan;
using engine::CostModel;
using engine::Runnable;
using engine::StepCost;

// engine/scheduler.cpp's constants of these names.
constexpr std::uint32_t kLeastPrefill = 16;
constexpr std::uint32_t kAgeingTokens = 64;
constexpr std::uint32_t kMostParts = 4;

constexpr std::uint32_t kDrafted = 15;

// As Engine counts it.
StepCost cost_of(const BatchPlan& plan, const std::vector<Runnable>& snapshot) {
  StepCost cost;
  for (const auto& share : plan.shares) {
    const Runnable& runnable = snapshot[share.index];
    (runnable.decodes ? cost.n_decode : cost.n_prefill) += share.n_tokens;
    cost.n_attended += std::uint64_t{share.n_tokens} * (runnable.n_context + share.n_tokens / 2);
  }
  return cost;
}

}  // namespace

SchedulerSimulation::SchedulerSimulation(const World& world, std::uint64_t seed)
    : world_{world}, random_{seed}, scheduler_{world.limits}, lanes_(world.n_lanes) {}

void SchedulerSimulation::step() {
  arrive_and_leave();
  Snapshot snapshot;
  std::vector<Lane*> owners;
  for (Lane& lane : lanes_) {
    if (lane.n_answer == 0) continue;
    snapshot.push_back(lane.runnable);
    owners.push_back(&lane);
  }
  const BatchPlan plan = scheduler_.plan(snapshot);
  check_form(plan, snapshot);
  check_limit(plan, snapshot);
  if (testing::Test::HasFailure()) return;
  compute(plan, snapshot, owners);
  check_waiting();
}

// --- what happens to the lanes

void SchedulerSimulation::arrive_and_leave() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    if (lane.n_answer == 0) {
      if (one_in(world_.arrives_in)) arrive(i);
    } else if (one_in(world_.leaves_in)) {
      lane.n_answer = 0;
    } else if (one_in(world_.loses_kv_in)) {
      lose_kv(lane);
    }
  }
}

void SchedulerSimulation::arrive(std::size_t index) {
  // As many short prompts as long ones.
  const std::uint32_t most = one_in(2) ? world_.longest_prompt : 40;
  Lane lane{.runnable = {.lane = static_cast<std::uint32_t>(index), .n_left = 1 + below(most)},
            .n_answer = 1 + below(world_.longest_answer)};
  if (one_in(4)) {
    lane.runnable.n_followers = 1 + below(6);
    lane.runnable.n_awaited = 1 + below(lane.runnable.n_left);
  }
  lane.runnable.draft.hit_rate = below(100) / 100.0;
  lane.runnable.tenant = below(world_.n_tenants);
  lanes_[index] = lane;
}

void SchedulerSimulation::lose_kv(Lane& lane) {
  lane.runnable.n_left += std::exchange(lane.runnable.n_context, 0);
  lane.runnable.decodes = false;
  lane.runnable.draft.n_draft = 0;
  lane.n_steps_open = 0;
}

// --- what a plan must be

void SchedulerSimulation::check_form(const BatchPlan& plan, const Snapshot& snapshot) const {
  ASSERT_EQ(plan.shares.empty(), snapshot.empty());
  ASSERT_LE(plan.n_tokens(), world_.limits.n_batch);
  std::vector<bool> seen(snapshot.size());
  std::uint32_t n_ahead = 0;
  for (const auto& share : plan.shares) {
    ASSERT_LT(share.index, snapshot.size());
    ASSERT_FALSE(seen[share.index]) << "twice in a batch";
    seen[share.index] = true;
    const Runnable& runnable = snapshot[share.index];
    ASSERT_GE(share.n_tokens, 1U);
    ASSERT_LE(share.n_tokens, runnable.decodes ? 1 + runnable.draft.n_draft : runnable.n_left);
    if (runnable.decodes && share.n_tokens > 1) n_ahead += share.n_tokens;
  }
  ASSERT_LE(n_ahead, world_.limits.n_outputs);
}

// With a stream in the lanes, prompts take the least chunk, or what the limit allows by all that can be known.
void SchedulerSimulation::check_limit(const BatchPlan& plan, const Snapshot& snapshot) const {
  const auto n_streams = static_cast<std::uint32_t>(std::ranges::count_if(snapshot, &Runnable::decodes));
  const StepCost cost = cost_of(plan, snapshot);
  if (cost.n_prefill > 0) {
    ASSERT_EQ(cost.n_decode, std::min(n_streams, world_.limits.n_batch))
        << "beside prompts every stream has its token";
  }
  if (world_.limits.max_itl.count() == 0 || n_streams == 0 || cost.n_prefill <= kLeastPrefill) return;
  const auto time = known_.mixed(cost.n_decode, cost.n_prefill, cost.n_attended);
  ASSERT_TRUE(time) << cost.n_prefill << " prompt tokens beside streams, at a cost that nothing is known of";
  ASSERT_LE(time->count(), CostModel::Time{world_.limits.max_itl}.count() + 1e-6)
      << cost.n_decode << " streams, " << cost.n_prefill << " prompt tokens, " << cost.n_attended
      << " attended";
}

// A stream waits for the turns of the others. A prompt waits until it is older than every new one, and then for those
// that were there before it, which advance by the least chunk at least.
void SchedulerSimulation::check_waiting() const {
  const std::uint32_t n_turns =
      kMostParts + (world_.n_lanes + world_.limits.n_batch - 1) / world_.limits.n_batch;
  const std::uint32_t longest = world_.longest_prompt + world_.longest_answer;
  const std::uint32_t chunk = std::min(kLeastPrefill, world_.limits.n_batch);
  // Tenants take turns in tokens, and one that was silent is a batch ahead.
  const std::uint32_t of_one = 2 * longest / kAgeingTokens + world_.n_lanes * longest / chunk + chunk;
  const std::uint32_t of_others = (world_.n_tenants - 1) * (of_one + world_.limits.n_batch / chunk);
  const std::uint32_t most = of_one + of_others;
  for (const Lane& lane : lanes_) {
    if (lane.n_answer == 0) continue;
    if (lane.runnable.decodes) {
      ASSERT_LE(lane.runnable.steps_waited, 2 * n_turns * world_.n_lanes) << "a stream starves";
    } else {
      ASSERT_LE(lane.n_steps_open, most) << "a prompt starves";
    }
  }
}

// --- what a step does

void SchedulerSimulation::compute(const BatchPlan& plan, const Snapshot& snapshot,
                                  const std::vector<Lane*>& owners) {
  StepCost cost = cost_of(plan, snapshot);
  cost.duration = world_.law.of(cost.n_decode + cost.n_prefill, cost.n_attended);
  for (Lane* lane : owners) {
    ++lane->runnable.steps_waited;
    ++lane->n_steps_open;
  }
  for (const auto& share : plan.shares) {
    Lane& lane = *owners[share.index];
    if (lane.runnable.decodes) {
      ++cost.n_sequences;
      cost.n_generated += take_tokens(lane, share.n_tokens);
    } else {
      scheduler_.charge_prompt(lane.runnable.tenant, share.n_tokens);
      take_prompt(lane, share.n_tokens);
    }
  }
  if (plan.shares.empty()) return;
  scheduler_.apply(cost);
  known_.learn(cost);
}

void SchedulerSimulation::take_prompt(Lane& lane, std::uint32_t n) {
  Runnable& runnable = lane.runnable;
  runnable.n_left -= n;
  runnable.n_context += n;
  runnable.n_awaited -= std::min(runnable.n_awaited, n);
  if (runnable.n_awaited == 0) runnable.n_followers = 0;
  if (runnable.n_left > 0) return;
  // The stream begins.
  runnable.decodes = true;
  runnable.n_left = 1;
  runnable.n_followers = 0;
  runnable.steps_waited = 0;
  lane.n_steps_open = 0;
  --lane.n_answer;
  if (world_.drafts) runnable.draft.n_draft = std::min(one_in(2) ? kDrafted : 0, lane.n_answer);
}

std::uint32_t SchedulerSimulation::take_tokens(Lane& lane, std::uint32_t n) {
  Runnable& runnable = lane.runnable;
  std::uint32_t n_right = 1;
  while (n_right < n && below(100) < static_cast<std::uint32_t>(runnable.draft.hit_rate * 100)) ++n_right;
  runnable.n_context += n_right;
  runnable.draft.n_generated += n_right;
  runnable.steps_waited = 0;
  lane.n_answer -= std::min(lane.n_answer, n_right);
  if (world_.drafts) runnable.draft.n_draft = std::min(one_in(3) ? 0 : kDrafted, lane.n_answer);
  return n_right;
}

}  // namespace minerva::simulation
