#include "scheduler_simulation.h"

#include <gtest/gtest.h>

#include <ostream>

#include "run_length.h"

namespace minerva::simulation {

void PrintTo(const World& world, std::ostream* out) { *out << world.name; }

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSteps = 200'000;  // of each world in every test run
constexpr std::uint64_t kStepsOfOneSeed = 20'000;

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
        World{.name = "Tenants",
              .limits = {.max_itl = milliseconds{100}},
              .law = {},
              .n_lanes = 16,
              .arrives_in = 3,
              .n_tenants = 4},
        World{.name = "NeverEmpty",
              .limits = {.max_itl = milliseconds{100}},
              .law = {},
              .n_lanes = 32,
              .arrives_in = 1}),
    [](const auto& world) { return world.param.name; });

}  // namespace
}  // namespace minerva::simulation
