// What the engine says of its work: in each answer's stats, and in its status.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "engine/engine.h"
#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using wire::PrefixTier;
using std::chrono_literals::operator""us;

const wire::PrefixUse& found_in(const wire::EngineStatus& status, PrefixTier tier) {
  return status.prefixes[static_cast<std::size_t>(tier)];
}

TEST(EngineNumbers, SayWhereTheBeginningOfEachPromptWasFound) {
  EngineFixture t{{.n_parallel = 1}, {.prefix_store_bytes = 1U << 20U}};
  const std::string first = std::string(100, 'a') + "count 3";
  const std::string second = std::string(100, 'b') + "count 4";
  t.submit(1, first);   // nowhere
  t.submit(2, first);   // in the slot
  t.submit(3, second);  // nowhere; moves the first to host memory
  t.submit(4, first);   // there
  t.run();
  const PrefixTier tiers[] = {PrefixTier::kNone, PrefixTier::kKv, PrefixTier::kNone, PrefixTier::kHost};
  for (std::uint64_t id = 1; id <= 4; ++id)
    EXPECT_EQ(t.records[id].finished->stats.cached_in, tiers[id - 1]) << id;
  const wire::EngineStatus status = t.engine.status();
  EXPECT_EQ(found_in(status, PrefixTier::kNone).n_requests, 2U);
  EXPECT_EQ(found_in(status, PrefixTier::kKv).n_requests, 1U);
  EXPECT_EQ(found_in(status, PrefixTier::kHost).n_requests, 1U);
  EXPECT_EQ(found_in(status, PrefixTier::kDisk).n_requests, 0U);
  // The last token of a prompt is always computed.
  EXPECT_EQ(found_in(status, PrefixTier::kKv).n_tokens, first.size() - 1);
  EXPECT_EQ(found_in(status, PrefixTier::kHost).n_tokens, first.size() - 1);
  EXPECT_EQ(found_in(status, PrefixTier::kNone).n_tokens, first.size() + 1 + second.size() + 1);
  EXPECT_EQ(status.n_prompt_tokens, found_in(status, PrefixTier::kNone).n_tokens);
  EXPECT_GT(status.prefix_store_bytes, first.size());
}

TEST(EngineNumbers, CountTheBeginningOfARequestThatIsSetAsideOnce) {
  EngineFixture t{{.n_ctx_sequence = 200, .kv_cells = 200, .kv_unified = true},
                  {.prefix_store_bytes = 1U << 20U}};
  for (std::uint64_t id = 1; id <= 4; ++id) t.submit(id, std::to_string(id) + " count 90", 91);
  t.run();
  const wire::EngineStatus status = t.engine.status();
  ASSERT_GT(status.n_preemptions, 0U);
  std::uint64_t n_requests = 0;
  std::uint64_t n_tokens = 0;
  std::uint64_t n_prompt = 0;
  for (const wire::PrefixUse& use : status.prefixes) {
    n_requests += use.n_requests;
    n_tokens += use.n_tokens;
  }
  for (std::uint64_t id = 1; id <= 4; ++id) n_prompt += t.records[id].finished->stats.n_prompt;
  EXPECT_EQ(n_requests, 4U);
  EXPECT_EQ(n_tokens, n_prompt);
}

TEST(EngineNumbers, CountTheTimeOfStepsByKindAndPhase) {
  EngineFixture t{{.n_batch = 4, .step_cost = 100us}, {.max_itl_ms = 0, .drafts = false}};
  t.submit(1, "count 5");  // two steps for the prompt, of which the second gives the first token
  t.run();
  const wire::EngineStatus status = t.engine.status();
  EXPECT_EQ(status.prompt_steps.n_steps, 2U);
  EXPECT_EQ(status.prompt_steps.compute_us, 200U);
  EXPECT_EQ(status.decode_steps.n_steps, 5U);
  EXPECT_EQ(status.decode_steps.compute_us, 500U);
  EXPECT_EQ(status.steps_completed, 7U);
  EXPECT_EQ(status.n_decode_tokens, 5U);
  // Nothing but computing takes time on this clock.
  EXPECT_EQ(status.prompt_steps.plan_us + status.prompt_steps.sample_us + status.prompt_steps.report_us, 0U);
}

TEST(EngineNumbers, CoverTheWholeTimeOfAStepAndNoIdleTime) {
  support::ScriptedBackend backend{{}};
  std::chrono::microseconds now{0};
  Engine engine{backend, {}, [&now] { return now += 1us; }};
  for (std::uint64_t id = 1; id <= 2; ++id) {
    engine.submit({.id = id, .prompt = {}, .sampling = {}, .max_tokens = 20, .stop = {}}, {'x', 'y'});
    const auto before = engine.status();
    const auto begin = now;
    while (!engine.idle()) (void)engine.step();
    const auto after = engine.status();
    const auto sum = [](const wire::StepTimes& s) {
      return s.plan_us + s.draft_us + s.compute_us + s.sample_us + s.report_us;
    };
    const auto counted = sum(after.prompt_steps) + sum(after.decode_steps) - sum(before.prompt_steps) -
                         sum(before.decode_steps);
    EXPECT_GT(after.decode_steps.report_us + after.prompt_steps.report_us, 0U);
    // All but what is read before the first step begins and after the last one ends.
    EXPECT_NEAR(static_cast<double>(counted), static_cast<double>((now - begin).count()), 3.0);
    now += 1'000'000us;
  }
}

TEST(EngineNumbers, ComeWithTheFirstTokenForOnesWhoEndTheAnswerThemselves) {
  EngineFixture t{{.step_cost = 100us}, {.drafts = false}};
  t.submit(1, "count 5");
  t.run();
  t.submit(2, "count 5");
  t.run();
  ASSERT_EQ(t.records[2].stats_on_the_way.size(), 1U);
  const wire::GenerationStats& early = t.records[2].stats_on_the_way.front();
  const wire::GenerationStats& last = t.records[2].finished->stats;
  EXPECT_EQ(early.n_cached, 6U);
  EXPECT_EQ(early.cached_in, PrefixTier::kKv);
  EXPECT_EQ(early.n_generated, 1U);
  EXPECT_EQ(early.queue_us, last.queue_us);
  EXPECT_EQ(early.prefill_us, last.prefill_us);
  EXPECT_GT(early.prefill_us, 0U);
}

TEST(EngineNumbers, ComeAgainWhenTokensWereComputedAhead) {
  EngineFixture t{{.n_ctx_sequence = 1024, .next = support::circling, .token_cost = 1us}};
  t.submit(1, "abcabcabcabcabcabc", 300);
  t.run();
  const wire::GenerationStats& last = t.records[1].finished->stats;
  ASSERT_GT(last.n_accepted, 0U) << "nothing was computed ahead in this test";
  ASSERT_GT(t.records[1].stats_on_the_way.size(), 1U);
  EXPECT_EQ(t.records[1].stats_on_the_way.back().n_drafted, last.n_drafted);
  EXPECT_EQ(t.records[1].stats_on_the_way.back().n_accepted, last.n_accepted);
}

}  // namespace
}  // namespace minerva::engine
