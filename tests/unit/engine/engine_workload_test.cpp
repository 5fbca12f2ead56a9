// Seeded random workloads: whatever is submitted, cancelled, or goes wrong, each request has one end, in order (the fixture
// checks both), and a text that no neighbour and no fault has changed.

#include <gtest/gtest.h>

#include <ostream>
#include <random>

#include "engine/engine.h"
#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using inference::BatchToken;
using support::ScriptedOptions;

struct Workload {
  const char* name;
  ScriptedOptions options;
  int fault_in = 0;    // one decode in so many fails with an error; 0: none
  int no_room_in = 0;  // one in so many finds no memory slot; 0: none
  support::NextToken next = support::scrambled;
  support::NextToken draft_model = nullptr;  // what a draft model says; null: there is none
};

void PrintTo(const Workload& workload, std::ostream* out) { *out << workload.name; }

class EngineWorkload : public testing::TestWithParam<Workload> {};

std::string random_prompt(std::mt19937& random) {
  static const std::vector<std::string> beginnings{
      "system: you are helpful. ", "system: you are terse. answer in one word. ",
      "system: you are helpful. here is a document of some length ", ""};
  std::string prompt = beginnings[random() % beginnings.size()];
  const std::size_t n = 1 + random() % 40;
  for (std::size_t i = 0; i < n; ++i) prompt += static_cast<char>('a' + random() % 3);
  return prompt;
}

void check(const EngineFixture& t,
           const std::map<std::uint64_t, std::pair<std::string, std::uint32_t>>& submitted,
           const support::NextToken& next, std::uint32_t n_context) {
  for (const auto& [id, request] : submitted) {
    const auto& [prompt, max_tokens] = request;
    ASSERT_TRUE(t.records.contains(id)) << id;
    const auto& record = t.records.at(id);
    EXPECT_EQ(record.n_ends, 1U) << id;
    const std::size_t room = n_context - std::min<std::size_t>(n_context, prompt.size());
    const std::size_t most = max_tokens > 0 ? std::min<std::size_t>(max_tokens, room) : room;
    const std::string whole = support::answer_to(next, prompt, most);
    if (record.finished) {
      EXPECT_EQ(record.text, whole) << id;
    } else {
      EXPECT_TRUE(whole.starts_with(record.text)) << id;
    }
  }
}

TEST_P(EngineWorkload, EndsEveryRequestOnceWithItsOwnText) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random{seed};
    std::mt19937 faults{seed + 1000};
    const Workload& workload = GetParam();
    ScriptedOptions options = workload.options;
    options.next = workload.next;
    options.fault = [&](std::uint64_t, std::span<const BatchToken>) -> ScriptedOptions::Fault {
      if (workload.fault_in > 0 && faults() % static_cast<unsigned>(workload.fault_in) == 0) {
        return {.error = Error{.code = ErrorCode::kInternal, .message = "scripted", .field = {}}};
      }
      return {.error = {},
              .no_memory_slot =
                  workload.no_room_in > 0 && faults() % static_cast<unsigned>(workload.no_room_in) == 0};
    };
    std::optional<ScriptedOptions> draft;
    if (workload.draft_model) {
      draft = workload.options;
      draft->kv_cells = 0;
      draft->next = workload.draft_model;
      draft->step_cost /= 10;
      draft->fault = [&](std::uint64_t n, std::span<const BatchToken>) -> ScriptedOptions::Fault {
        const bool fails = workload.fault_in > 0 && n > 10 && faults() % 40 == 0;
        return {.error = fails ? std::optional{Error{
                                     .code = ErrorCode::kInternal, .message = "scripted", .field = {}}}
                               : std::nullopt};
      };
    }
    EngineFixture t{options, {.prefix_store_bytes = 4000}, std::move(draft)};
    std::map<std::uint64_t, std::pair<std::string, std::uint32_t>> submitted;
    for (std::uint64_t id = 1; id <= 60;) {
      if (random() % 3 != 0) {
        const auto max_tokens = static_cast<std::uint32_t>(random() % 2 == 0 ? 0 : 1 + random() % 10);
        submitted[id] = {random_prompt(random), max_tokens};
        t.submit(id, submitted[id].first, max_tokens);
        ++id;
      }
      if (random() % 6 == 0) t.engine.cancel(1 + random() % id);
      for (auto i = random() % 4; i > 0; --i) t.step();
      ASSERT_EQ(t.engine.status().kv_cells_used, t.backend.cells_used());
    }
    t.run();
    check(t, submitted, options.next, options.n_ctx_sequence);
    EXPECT_EQ(t.engine.status().n_running, 0U);
    // Every slot is free again: as many as there are run at once.
    for (std::uint64_t id = 1001; id <= 1000 + options.n_parallel; ++id) t.submit(id, "zz");
    const std::uint64_t n_preemptions = t.engine.status().n_preemptions;
    t.step();
    EXPECT_EQ(t.engine.status().n_waiting, t.engine.status().n_preemptions - n_preemptions);
    t.run();
    if (HasFailure()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EngineWorkload,
    testing::Values(
        Workload{.name = "Undisturbed", .options = {}},
        Workload{.name = "TinyContext", .options = {.n_parallel = 3, .n_ctx_sequence = 48, .n_batch = 16}},
        Workload{.name = "OneSlot", .options = {.n_parallel = 1, .n_batch = 8}},
        Workload{.name = "TinyKv", .options = {.n_parallel = 4, .kv_cells = 150}},
        Workload{.name = "MemoryThatCannotBeCut", .options = {.can_cut = false, .can_copy = false}},
        Workload{.name = "BatchesThatFail", .options = {}, .fault_in = 9},
        Workload{.name = "NoRoomNowAndThen", .options = {}, .no_room_in = 5},
        Workload{.name = "Drafts",
                 .options = {.step_cost = std::chrono::milliseconds{1}},
                 .next = support::circling},
        Workload{.name = "DraftsOfMemoryThatCannotBeCut",
                 .options = {.can_cut = false, .can_copy = false, .step_cost = std::chrono::milliseconds{1}},
                 .next = support::circling},
        Workload{.name = "DraftsAndEverything",
                 .options = {.n_parallel = 3,
                             .n_ctx_sequence = 64,
                             .n_batch = 12,
                             .kv_cells = 120,
                             .step_cost = std::chrono::milliseconds{1}},
                 .fault_in = 15,
                 .no_room_in = 10,
                 .next = support::circling},
        Workload{.name = "DraftModel",
                 .options = {.step_cost = std::chrono::milliseconds{1}},
                 .next = support::circling,
                 .draft_model = support::circling},
        Workload{.name = "DraftModelThatIsWrong",
                 .options = {.step_cost = std::chrono::milliseconds{1}},
                 .draft_model = support::circling},
        Workload{.name = "DraftModelAndEverything",
                 .options = {.n_parallel = 3,
                             .n_ctx_sequence = 64,
                             .n_batch = 12,
                             .kv_cells = 120,
                             .step_cost = std::chrono::milliseconds{1}},
                 .fault_in = 15,
                 .no_room_in = 10,
                 .next = support::circling,
                 .draft_model = support::circling},
        Workload{.name = "Everything",
                 .options = {.n_parallel = 3, .n_ctx_sequence = 64, .n_batch = 12, .kv_cells = 120},
                 .fault_in = 15,
                 .no_room_in = 10}),
    [](const auto& shape) { return shape.param.name; });

}  // namespace
}  // namespace minerva::engine
