#include <gtest/gtest.h>

#include <fmt/format.h>

#include <string>

#include "engine_fixture.h"

namespace minerva::engine {
namespace {

constexpr std::uint64_t kStore = 1U << 20U;

support::ScriptedOptions tiny_unified(std::uint32_t n_cells) {
  return {.n_parallel = 4, .n_ctx_sequence = n_cells, .n_batch = 64, .kv_cells = n_cells, .kv_unified = true};
}

wire::GenerationSpec spec_of(std::uint64_t id, const std::string& prompt, std::uint32_t tenant,
                             std::int32_t priority = 0) {
  wire::GenerationSpec spec;
  spec.id = id;
  spec.prompt = {.text = prompt, .spans = {{.n_bytes = static_cast<std::uint32_t>(prompt.size())}}};
  spec.tenant = tenant;
  spec.max_tokens = 101;
  spec.priority = priority;
  return spec;
}

std::string counted_to(int last) {
  std::string text = "1";
  for (int i = 2; i <= last; ++i) text += fmt::format(" {}", i);
  return text;
}

// Four requests that need 400 cells together, where there are 200.
TEST(EnginePreemption, WhenKvRunsOutEveryRequestStillGetsItsWholeAnswer) {
  for (const std::uint64_t store : {kStore, std::uint64_t{0}}) {
    EngineFixture fixture{tiny_unified(200), {.prefix_store_bytes = store}};
    for (std::uint64_t id = 1; id <= 4; ++id) fixture.submit(id, fmt::format("{} count 90", id), 91);
    fixture.run();
    for (std::uint64_t id = 1; id <= 4; ++id) {
      EXPECT_EQ(fixture.records[id].text, counted_to(90)) << id;
      EXPECT_EQ(fixture.records[id].n_ends, 1U);
    }
    EXPECT_GT(fixture.engine.status().n_preemptions, 0U);
    EXPECT_EQ(fixture.engine.status().n_running, 0U);
  }
}

TEST(EnginePreemption, TheLastOfTheLowestPriorityIsSetAside) {
  EngineFixture fixture{tiny_unified(260)};
  fixture.submit(spec_of(1, "a count 80", 0, -1));
  fixture.submit(spec_of(2, "b count 80", 0, 0));
  fixture.submit(spec_of(3, "c count 80", 0, -1));
  fixture.run();
  EXPECT_EQ(fixture.records[2].finished->stats.n_preempted, 0U);
  EXPECT_EQ(fixture.records[1].finished->stats.n_preempted, 0U);
  EXPECT_GT(fixture.records[3].finished->stats.n_preempted, 0U);
}

TEST(EnginePreemption, OneThatWasSetAsideTakesItsKvFromHostMemory) {
  EngineFixture fixture{tiny_unified(260), {.prefix_store_bytes = kStore}};
  const std::string filler(70, '.');
  fixture.submit(1, filler + "count 70", 71);
  fixture.submit(2, std::string(70, '-') + "count 70", 71);
  fixture.run();
  ASSERT_GT(fixture.engine.status().n_preemptions, 0U);
  // Each token was computed once, but for the one whose KV was not there when its sequence was set aside.
  const std::uint64_t n_tokens = 2 * (78 + 71);
  EXPECT_LE(fixture.backend.n_tokens_decoded(), n_tokens + 2 * fixture.engine.status().n_preemptions);
}

TEST(EnginePreemption, AnAdmissionLeavesRoomForWhatTheOthersWillProbablyNeed) {
  EngineFixture fixture{tiny_unified(200)};
  fixture.submit(1, "count 50", 100);
  fixture.step();
  fixture.submit(2, std::string(120, '.') + "count 20", 100);
  fixture.step();
  EXPECT_EQ(fixture.engine.status().n_running, 1U);
  EXPECT_EQ(fixture.engine.status().n_waiting, 1U);
  fixture.run();
  EXPECT_EQ(fixture.records[2].text, counted_to(20));
  EXPECT_EQ(fixture.engine.status().n_preemptions, 0U);
}

TEST(EnginePreemption, ARequestAloneThatNeedsMoreThanThereIsFailsAlone) {
  support::ScriptedOptions options = tiny_unified(100);
  options.n_ctx_sequence = 400;
  EngineFixture fixture{std::move(options)};
  fixture.submit(1, "count 200");
  fixture.submit(2, "count 20");
  fixture.run();
  ASSERT_TRUE(fixture.records[1].error);
  EXPECT_EQ(fixture.records[1].error->code, ErrorCode::kOutOfMemory);
  EXPECT_EQ(fixture.records[2].text, counted_to(20));
}

TEST(EnginePreemption, ACancelReachesOneThatIsSetAside) {
  EngineFixture fixture{tiny_unified(120)};
  fixture.submit(1, "a count 80", 81);
  fixture.submit(2, "b count 80", 81);
  for (int i = 0; fixture.engine.status().n_preemptions == 0; ++i) {
    ASSERT_LT(i, 1000);
    fixture.step();
  }
  EXPECT_EQ(fixture.engine.status().n_waiting, 1U);
  fixture.engine.cancel(2);
  fixture.run();
  EXPECT_EQ(fixture.records[1].text, counted_to(80));
  ASSERT_TRUE(fixture.records[2].error);
  EXPECT_EQ(fixture.records[2].error->code, ErrorCode::kCancelled);
}

TEST(EnginePreemption, ATenantsFloodGivesASlotToAnotherTenantAtOnce) {
  EngineFixture fixture{{.n_parallel = 4}, {.prefix_store_bytes = kStore}};
  for (std::uint64_t id = 1; id <= 12; ++id) fixture.submit(spec_of(id, fmt::format("{} count 100", id), 1));
  for (int i = 0; i < 10; ++i) fixture.step();
  fixture.submit(spec_of(50, "count 5", 2));
  for (int i = 0; i < 8; ++i) fixture.step();
  EXPECT_EQ(fixture.records[50].text, counted_to(5));
  fixture.run();
  for (std::uint64_t id = 1; id <= 12; ++id) EXPECT_EQ(fixture.records[id].text, counted_to(100)) << id;
}

TEST(EnginePreemption, AHigherPriorityNeedNotWaitForASlot) {
  EngineFixture fixture{{.n_parallel = 2}};
  fixture.submit(spec_of(1, "a count 100", 0));
  fixture.submit(spec_of(2, "b count 100", 0));
  for (int i = 0; i < 5; ++i) fixture.step();
  fixture.submit(spec_of(3, "count 4", 0, 5));
  for (int i = 0; i < 6; ++i) fixture.step();
  EXPECT_EQ(fixture.records[3].text, counted_to(4));
  fixture.run();
  EXPECT_EQ(fixture.records[1].finished->stats.n_preempted, 0U);
  EXPECT_EQ(fixture.records[2].finished->stats.n_preempted, 1U);
  EXPECT_EQ(fixture.records[2].text, counted_to(100));
}

TEST(EnginePreemption, TenantsSeeNothingOfEachOthersPrefixes) {
  const std::string document(150, 'd');
  for (const bool shared : {false, true}) {
    EngineFixture fixture{{}, {.shared_prefixes = shared, .prefix_store_bytes = kStore}};
    fixture.submit(spec_of(1, document + "count 2", 1));
    fixture.run();
    fixture.submit(spec_of(2, document + "count 3", 2));
    fixture.submit(spec_of(3, document + "count 4", 1));
    fixture.run();
    EXPECT_EQ(fixture.records[2].finished->stats.n_cached > 0, shared);
    EXPECT_GE(fixture.records[3].finished->stats.n_cached, 150U);
  }
}

TEST(EnginePreemption, PromptsOfDifferentTenantsDoNotWaitForEachOther) {
  const std::string document(200, 'd');
  EngineFixture fixture{{.n_batch = 32}};
  fixture.submit(spec_of(1, document + "count 2", 1));
  fixture.submit(spec_of(2, document + "count 2", 2));
  fixture.step();
  EXPECT_EQ(fixture.engine.status().n_running, 2U);
}

}  // namespace
}  // namespace minerva::engine
