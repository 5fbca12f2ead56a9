#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using support::ScriptedOptions;
using wire::FinishReason;

TEST(Engine, AnswersOneRequest) {
  EngineFixture t;
  t.submit(1, "count 3");
  t.run();
  const auto& record = t.records[1];
  EXPECT_EQ(record.text, "1 2 3");
  ASSERT_TRUE(record.finished);
  EXPECT_EQ(record.finished->reason, FinishReason::kStop);
  EXPECT_EQ(record.finished->stats.n_prompt, 7U);
  EXPECT_EQ(record.finished->stats.n_generated, 4U);  // with the end token
  EXPECT_EQ(record.tokens.size(), 4U);
}

TEST(Engine, RunsAsManyAtOnceAsThereAreSlotsAndTheRestInOrder) {
  EngineFixture t{{.n_parallel = 2}};
  for (std::uint64_t id = 1; id <= 5; ++id) t.submit(id, "count 9");
  t.step();
  EXPECT_EQ(t.engine.status().n_running, 2U);
  EXPECT_EQ(t.engine.status().n_waiting, 3U);
  t.run();
  for (std::uint64_t id = 1; id <= 5; ++id) EXPECT_EQ(t.records[id].text, "1 2 3 4 5 6 7 8 9") << id;
  EXPECT_EQ(t.engine.status().n_running, 0U);
}

TEST(Engine, PutsAllRunningSequencesIntoOneBatch) {
  EngineFixture t;
  for (std::uint64_t id = 1; id <= 4; ++id) t.submit(id, "count 20");
  t.run();
  EXPECT_LE(t.backend.n_decodes(), 25U);
}

TEST(Engine, EndsAtTheTokenLimit) {
  EngineFixture t;
  t.submit(1, "count 50", 3);
  t.run();
  EXPECT_EQ(t.records[1].text, "1 2 3");
  EXPECT_EQ(t.records[1].finished->reason, FinishReason::kLength);
  EXPECT_EQ(t.records[1].finished->stats.n_generated, 3U);
}

TEST(Engine, EndsWhenThePromptAndTheAnswerFillTheContext) {
  EngineFixture t{{.n_ctx_sequence = 20}};
  t.submit(1, "count 99");
  t.run();
  EXPECT_EQ(t.records[1].finished->reason, FinishReason::kLength);
  EXPECT_EQ(t.records[1].finished->stats.n_generated, 12U);
}

TEST(Engine, RefusesAPromptThatFillsTheContextWithBothCounts) {
  EngineFixture t{{.n_ctx_sequence = 20}};
  t.submit(1, std::string(20, 'x'));
  t.submit(2, std::string(19, 'x'));
  t.run();
  ASSERT_TRUE(t.records[1].error);
  EXPECT_EQ(t.records[1].error->code, ErrorCode::kContextOverflow);
  EXPECT_THAT(t.records[1].error->message, testing::HasSubstr("20 tokens"));
  EXPECT_THAT(t.records[1].error->message, testing::HasSubstr("context holds 20"));
  EXPECT_FALSE(t.records[1].accepted);
  EXPECT_TRUE(t.records[2].finished);
}

TEST(Engine, RefusesAnEmptyPrompt) {
  EngineFixture t;
  t.submit(1, "");
  t.run();
  EXPECT_EQ(t.records[1].error->code, ErrorCode::kInvalidRequest);
}

TEST(Engine, RefusesSamplingParametersThatTheBackendRefuses) {
  EngineFixture t;
  wire::GenerationSpec spec;
  spec.id = 1;
  spec.prompt = {.text = "count 3", .spans = {{.n_bytes = 7}}};
  spec.sampling.top_p = -1;
  t.submit(spec);
  t.submit(2, "count 3");
  t.run();
  EXPECT_EQ(t.records[1].error->field, "top_p");
  EXPECT_EQ(t.records[2].text, "1 2 3");
}

TEST(Engine, TheTokenThatEndsAnAnswerHasNoProbabilities) {
  EngineFixture t;
  wire::GenerationSpec spec;
  spec.id = 1;
  spec.prompt = {.text = "count 3", .spans = {{.n_bytes = 7}}};
  spec.sampling.n_probs = 0;
  t.submit(spec);
  t.run();
  EXPECT_EQ(t.records[1].tokens.size(), 4U);
  EXPECT_EQ(t.records[1].probabilities.size(), 3U);
}

TEST(Engine, NeverDeliversAStopString) {
  EngineFixture t;
  t.submit(1, "say one two STOP three", 0, {"STOP", "nothing"});
  t.run();
  EXPECT_EQ(t.records[1].text, "one two ");
  EXPECT_EQ(t.records[1].finished->reason, FinishReason::kStop);
  EXPECT_EQ(t.records[1].finished->stop_text, "STOP");
}

TEST(Engine, DeliversWhatLookedLikeAStopStringWhenTheAnswerEnds) {
  EngineFixture t;
  t.submit(1, "say it is a STO", 0, {"STOP"});
  t.run();
  EXPECT_EQ(t.records[1].text, "it is a STO");
}

TEST(Engine, NeverSplitsACodePoint) {
  EngineFixture t;
  t.submit(1, "say a€😀é");
  while (!t.engine.idle()) {
    const std::string before = t.records[1].text;
    t.step();
    EXPECT_THAT(t.records[1].text, testing::AnyOf("", "a", "a€", "a€😀", "a€😀é"));
  }
  EXPECT_EQ(t.records[1].text, "a€😀é");
}

TEST(Engine, CancelsWhereverTheRequestIs) {
  EngineFixture t{{.n_parallel = 2, .n_batch = 8}};
  t.submit(1, "count 200");
  t.submit(2, std::string(100, 'x') + "count 3");
  t.submit(3, "count 3");
  for (int i = 0; i < 3; ++i) t.step();
  EXPECT_FALSE(t.records[2].text.size());  // in its prompt
  for (const std::uint64_t id : {1U, 2U, 3U}) t.engine.cancel(id);
  EXPECT_EQ(t.engine.status().n_running, 0U);
  EXPECT_EQ(t.engine.status().n_waiting, 0U);
  const auto n_decodes = t.backend.n_decodes();
  t.run();
  EXPECT_EQ(t.backend.n_decodes(), n_decodes);
  for (const std::uint64_t id : {1U, 2U, 3U})
    EXPECT_EQ(t.records[id].error->code, ErrorCode::kCancelled) << id;
}

TEST(Engine, IgnoresACancelForARequestThatIsGone) {
  EngineFixture t;
  t.submit(1, "count 1");
  t.run();
  t.engine.cancel(1);
  t.engine.cancel(99);
  EXPECT_TRUE(t.engine.idle());
}

TEST(Engine, HoldsUpAStreamNoLongerThanItsLimit) {
  using std::chrono::microseconds;
  EngineFixture t{{.n_ctx_sequence = 4096,
                   .n_batch = 512,
                   .step_cost = microseconds{5000},
                   .token_cost = microseconds{2000}},
                  {.max_itl_ms = 100}};
  t.submit(1, "count 300");
  for (int i = 0; i < 5; ++i) t.step();
  for (std::uint64_t id = 2; id <= 4; ++id)
    t.submit(id, std::string(700, static_cast<char>('a' + id)) + "count 3");
  t.run();
  std::uint64_t longest = 0;
  const auto& times = t.records[1].token_times_us;
  for (std::size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  EXPECT_LE(longest, 130'000U);
  EXPECT_GT(longest, 50'000U);  // and the time is used
}

// A model that says "abcabc…" with some noise, on a machine where a step costs much and a token little.
ScriptedOptions circling_options() {
  return {.next = support::circling,
          .step_cost = std::chrono::milliseconds{10},
          .token_cost = std::chrono::microseconds{100}};
}

TEST(Engine, ComputesDraftedTokensAheadAndSaysTheSame) {
  EngineFixture plain{circling_options(), {.drafts = false}};
  EngineFixture drafting{circling_options(), {.drafts = true}};
  for (EngineFixture* t : {&plain, &drafting}) {
    t->submit(1, "xy", 200);
    t->run();
  }
  EXPECT_EQ(drafting.records[1].tokens, plain.records[1].tokens);
  const auto& stats = drafting.records[1].finished->stats;
  EXPECT_GT(stats.n_accepted, stats.n_generated / 2);
  EXPECT_GE(stats.n_drafted, stats.n_accepted);
  // Each generated token came with a step, a prompt's or its own, or was drafted.
  EXPECT_EQ(stats.n_generated, drafting.backend.n_decodes() + stats.n_accepted);
  EXPECT_EQ(plain.records[1].finished->stats.n_drafted, 0U);
  EXPECT_LT(drafting.backend.n_decodes() * 2, plain.backend.n_decodes());
}

TEST(Engine, DraftsNoMoreOnceAModelsMemoryCannotBeCut) {
  ScriptedOptions options = circling_options();
  options.can_cut = false;
  options.says_so = false;
  options.can_copy = false;
  EngineFixture t{options};
  t.submit(1, "xy", 200);
  t.run();
  const auto first = t.records[1].finished->stats;
  EXPECT_GT(first.n_drafted, first.n_accepted);  // the draft that failed
  t.submit(2, "xy", 200);
  t.run();
  EXPECT_EQ(t.records[2].finished->stats.n_drafted, 0U);
  EXPECT_EQ(t.records[2].text, t.records[1].text);
}

TEST(Engine, TellsHowThingsAre) {
  EngineFixture t{{.n_parallel = 2, .n_ctx_sequence = 64}};
  EXPECT_EQ(t.engine.status().kv_cells, 128U);
  t.submit(1, "count 3");
  t.run();
  const auto status = t.engine.status();
  EXPECT_EQ(status.n_prompt_tokens, 7U);
  EXPECT_EQ(status.n_generated_tokens, 4U);
  EXPECT_EQ(status.steps_completed, 4U);
  EXPECT_EQ(status.kv_cells_used, 10U);  // kept for a prompt that begins like this one
  EXPECT_EQ(status.kv_cells_used, t.backend.cells_used());
}

TEST(Engine, TellsWhatARequestTook) {
  using std::chrono::microseconds;
  EngineFixture t{{.n_parallel = 1, .step_cost = microseconds{1000}}};
  t.submit(1, "count 4");
  t.submit(2, "count 4");
  t.run();
  EXPECT_EQ(t.records[1].finished->stats.queue_us, 0U);
  EXPECT_EQ(t.records[1].finished->stats.prefill_us, 1000U);
  EXPECT_EQ(t.records[1].finished->stats.decode_us, 4000U);
  EXPECT_EQ(t.records[2].finished->stats.queue_us, 5000U);
}

}  // namespace
}  // namespace minerva::engine
