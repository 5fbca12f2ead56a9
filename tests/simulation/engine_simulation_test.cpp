#include "engine_simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string_view>

#include "run_length.h"

namespace minerva::simulation {

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSteps = 60'000;  // of each shape in every test run
constexpr std::uint64_t kStepsOfOneSeed = 6'000;

// Of all seeds of a shape.
struct Totals {
  std::uint64_t n_finished = 0;
  std::uint64_t n_failed = 0;
  std::uint64_t n_cached = 0;
  std::uint64_t n_accepted = 0;
  std::uint64_t n_preemptions = 0;
  std::uint64_t n_limits_checked = 0;
  std::uint64_t most_steps_open = 0;
  std::uint64_t most_steps_between_tokens = 0;

  void add(const EngineSimulation& simulation) {
    const Ledger& ledger = simulation.ledger();
    n_finished += ledger.n_finished();
    n_failed += ledger.n_failed();
    n_cached += ledger.n_cached();
    n_accepted += ledger.n_drafts_accepted();
    n_preemptions += simulation.n_preemptions();
    n_limits_checked += simulation.n_limits_checked();
    most_steps_open = std::max(most_steps_open, ledger.most_steps_open());
    most_steps_between_tokens = std::max(most_steps_between_tokens, ledger.most_steps_between_tokens());
  }
};

std::ostream& operator<<(std::ostream& out, const Totals& totals) {
  return out << totals.n_finished << " answers, " << totals.n_failed << " failed, " << totals.n_cached
             << " prompt tokens found, " << totals.n_accepted << " drafted tokens accepted, "
             << totals.n_preemptions << " set aside, " << totals.n_limits_checked
             << " steps held to the limit; at most " << totals.most_steps_open
             << " steps from request to end, " << totals.most_steps_between_tokens << " between tokens\n";
}

class EngineSimulationTest : public testing::TestWithParam<Shape> {};

TEST_P(EngineSimulationTest, KeepsEveryPromise) {
  Totals totals;
  for_each_seed(kSteps, kStepsOfOneSeed, [&](std::uint64_t seed, std::uint64_t n_steps) {
    EngineSimulation simulation{GetParam(), seed};
    simulation.run(n_steps);
    if (!HasFailure()) simulation.settle();
    if (!HasFailure()) simulation.fill();
    totals.add(simulation);
  });
  std::cout << GetParam().name << ": " << totals;
  // That the simulation was about something.
  EXPECT_GT(totals.n_finished, 0U);
  EXPECT_GT(totals.n_cached, 0U);
  if (std::string_view{GetParam().name}.starts_with("Drafts")) {
    EXPECT_GT(totals.n_accepted, 0U);
  }
  if (std::string_view{GetParam().name}.contains("Tiny")) {
    EXPECT_GT(totals.n_preemptions, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EngineSimulationTest,
    testing::Values(
        Shape{
            .name = "Quiet", .machine = {.next = support::scrambled}, .law = {}, .traffic = {.n_clients = 3}},
        Shape{.name = "Crowded",
              .machine = {.n_parallel = 8, .next = support::scrambled},
              .law = {.tile = 16},
              .traffic = {.n_clients = 40}},
        Shape{.name = "LongContexts",
              .machine = {.n_ctx_sequence = 1500, .n_batch = 512, .next = support::scrambled},
              .law = {.attended = 0.5},
              .traffic = {.n_clients = 8}},
        Shape{.name = "SlowMachine",
              .machine = {.n_ctx_sequence = 600, .n_batch = 512, .next = support::scrambled},
              .law = {.step = 30'000, .token = 4000, .attended = 2},
              .traffic = {.n_clients = 8}},
        Shape{.name = "ThroughputOnly",
              .machine = {.n_batch = 512, .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 12},
              .max_itl_ms = 0},
        Shape{.name = "OneSlot",
              .machine = {.n_parallel = 1, .n_batch = 8, .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 4}},
        Shape{.name = "BatchSmallerThanTheStreams",
              .machine = {.n_parallel = 12, .n_batch = 8, .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 40}},
        Shape{.name = "TinyKv",
              .machine = {.n_ctx_sequence = 128, .kv_cells = 260, .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 12}},
        Shape{.name = "PrioritiesInTinyKv",
              .machine = {.n_ctx_sequence = 128, .kv_cells = 260, .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 12, .has_priorities = true}},
        Shape{.name = "TinyUnifiedKv",
              .machine = {.n_parallel = 6,
                          .n_ctx_sequence = 300,
                          .kv_cells = 300,
                          .kv_unified = true,
                          .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 12}},
        Shape{.name = "TinyUnifiedKvWithoutHostMemory",
              .machine = {.n_parallel = 6,
                          .n_ctx_sequence = 300,
                          .kv_cells = 300,
                          .kv_unified = true,
                          .next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 12, .has_tenants = false},
              .store_bytes = 0},
        Shape{.name = "OneTenant",
              .machine = {.next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 12, .has_tenants = false}},
        Shape{.name = "MemoryOfCheckpoints",
              .machine = {.can_cut = false, .next = support::scrambled},
              .law = {},
              .traffic = {},
              .store_bytes = 40'000},
        Shape{.name = "MemoryThatCannotBeCut",
              .machine = {.can_cut = false, .can_copy = false, .next = support::scrambled},
              .law = {},
              .traffic = {}},
        Shape{.name = "DecodesThatFail",
              .machine = {.next = support::scrambled},
              .law = {},
              .traffic = {},
              .fails_in = 30},
        Shape{.name = "NoRoomNowAndThen",
              .machine = {.next = support::scrambled},
              .law = {},
              .traffic = {},
              .no_room_in = 7},
        Shape{.name = "ClientsThatLeave",
              .machine = {.next = support::scrambled},
              .law = {},
              .traffic = {.n_clients = 20, .cancelled_in = 2, .flawed_in = 5}},
        Shape{.name = "Drafts",
              .machine = {.next = support::circling},
              .law = {.step = 8000, .token = 100},
              .traffic = {.n_clients = 4}},
        Shape{.name = "DraftsOnMemoryThatCannotBeCut",
              .machine = {.can_cut = false, .says_so = false, .can_copy = false, .next = support::circling},
              .law = {.step = 8000, .token = 100},
              .traffic = {.n_clients = 4}},
        Shape{.name = "DraftsAndEverything",
              .machine = {.n_parallel = 3,
                          .n_ctx_sequence = 96,
                          .n_batch = 12,
                          .kv_cells = 200,
                          .next = support::circling},
              .law = {.step = 8000, .token = 100, .attended = 1, .tile = 16},
              .traffic = {.cancelled_in = 4, .flawed_in = 20},
              .fails_in = 40,
              .no_room_in = 15}),
    [](const auto& shape) { return shape.param.name; });

}  // namespace
}  // namespace minerva::simulation
