#pragma once
// The scheduler alone: lanes whose prompts and answers are drawn from a seed, on a machine whose steps cost what a law says.
// Each plan is checked for its form, for the time limit beside streams, and for whom it makes wait. A cost model that is told the
// same as the scheduler's own says what the scheduler could know.

#include <cstdint>
#include <random>
#include <vector>

#include "cost_law.h"
#include "engine/cost_model.h"
#include "engine/scheduler.h"

namespace minerva::simulation {

struct World {
  const char* name;
  engine::SchedulerLimits limits;
  CostLaw law;
  std::uint32_t n_lanes = 8;
  std::uint32_t longest_prompt = 1000;
  std::uint32_t longest_answer = 60;
  std::uint32_t arrives_in = 10;  // an empty lane is taken in one step of so many
  std::uint32_t leaves_in = 2000;
  std::uint32_t loses_kv_in = 5000;
  std::uint32_t n_tenants = 1;
  bool drafts = false;
};

class SchedulerSimulation {
 public:
  SchedulerSimulation(const World& world, std::uint64_t seed);

  void step();

 private:
  using Snapshot = std::vector<engine::Runnable>;

  struct Lane {
    engine::Runnable runnable;
    std::uint32_t n_answer = 0;      // tokens still to come; 0: the lane is empty
    std::uint32_t n_steps_open = 0;  // of the prompt
  };

  [[nodiscard]] std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  [[nodiscard]] bool one_in(std::uint32_t n) { return n > 0 && below(n) == 0; }

  void arrive_and_leave();
  void arrive(std::size_t index);
  static void lose_kv(Lane& lane);

  void check_form(const engine::BatchPlan& plan, const Snapshot& snapshot) const;
  void check_limit(const engine::BatchPlan& plan, const Snapshot& snapshot) const;
  void check_waiting() const;

  void compute(const engine::BatchPlan& plan, const Snapshot& snapshot, const std::vector<Lane*>& owners);
  void take_prompt(Lane& lane, std::uint32_t n);
  [[nodiscard]] std::uint32_t take_tokens(Lane& lane, std::uint32_t n);  // how many came

  World world_;
  std::mt19937_64 random_;
  engine::Scheduler scheduler_;
  engine::CostModel known_;
  std::vector<Lane> lanes_;
};

}  // namespace minerva::simulation
