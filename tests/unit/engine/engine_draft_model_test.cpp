// An engine with a draft model: the same answers as without, in fewer steps where it is right, and at no cost worth
// mentioning where it is not.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/engine.h"
#include "engine_fixture.h"

namespace minerva::engine {
namespace {

using inference::BatchToken;
using std::chrono::microseconds;
using support::byte_token;
using support::ScriptedOptions;

// A text in which nothing repeats, so that lookups find nothing: its tokens are numbers that grow.
Token novel(std::span<const Token> tokens) {
  return support::number_token(static_cast<std::int32_t>(tokens.size()), false);
}
// Right but for every fifth token, or never.
Token mostly_novel(std::span<const Token> tokens) {
  return tokens.size() % 5 == 0 ? byte_token('x') : novel(tokens);
}
Token never_novel(std::span<const Token> /*tokens*/) { return byte_token('x'); }

ScriptedOptions served(support::NextToken next = novel) {
  return {.n_ctx_sequence = 4096,
          .next = std::move(next),
          .step_cost = microseconds{10'000},
          .token_cost = microseconds{200}};
}
ScriptedOptions drafting(support::NextToken next, microseconds step_cost = microseconds{500}) {
  return {.n_ctx_sequence = 4096,
          .next = std::move(next),
          .step_cost = step_cost,
          .token_cost = microseconds{20}};
}

void submit_some(EngineFixture& t, std::uint64_t n, std::uint32_t max_tokens) {
  for (std::uint64_t id = 1; id <= n; ++id) {
    t.submit(id, std::string(20, static_cast<char>('a' + id)) + "question", max_tokens);
  }
}

microseconds time_of(EngineFixture& t, std::uint64_t n, std::uint32_t max_tokens) {
  const auto begin = t.backend.now();
  submit_some(t, n, max_tokens);
  t.run();
  return t.backend.now() - begin;
}

TEST(EngineWithDraftModel, SaysTheSameInFewerSteps) {
  EngineFixture plain{served()};
  EngineFixture drafted{served(), {}, drafting(novel)};
  const auto time_plain = time_of(plain, 1, 400);
  const auto time_drafted = time_of(drafted, 1, 400);
  EXPECT_EQ(drafted.records[1].tokens, plain.records[1].tokens);
  const auto& stats = drafted.records[1].finished->stats;
  EXPECT_EQ(stats.n_accepted, stats.n_drafted);  // all of them were right
  EXPECT_GT(stats.n_accepted, 300U);
  EXPECT_LT(time_drafted * 3, time_plain);
}

TEST(EngineWithDraftModel, SaysTheSameWhereSomeGuessesAreWrong) {
  EngineFixture plain{served()};
  EngineFixture drafted{served(), {}, drafting(mostly_novel)};
  const auto time_plain = time_of(plain, 1, 400);
  const auto time_drafted = time_of(drafted, 1, 400);
  EXPECT_EQ(drafted.records[1].tokens, plain.records[1].tokens);
  const auto& stats = drafted.records[1].finished->stats;
  EXPECT_GT(stats.n_accepted, 150U);
  EXPECT_LT(stats.n_accepted, stats.n_drafted);
  EXPECT_LT(time_drafted * 3, time_plain * 2);
}

TEST(EngineWithDraftModel, DraftsForSeveralSequencesAtOnce) {
  EngineFixture plain{served()};
  EngineFixture drafted{served(), {}, drafting(novel)};
  const auto time_plain = time_of(plain, 4, 300);
  const auto time_drafted = time_of(drafted, 4, 300);
  for (std::uint64_t id = 1; id <= 4; ++id) {
    EXPECT_EQ(drafted.records[id].tokens, plain.records[id].tokens) << id;
    EXPECT_GT(drafted.records[id].finished->stats.n_accepted, 150U) << id;
  }
  EXPECT_LT(time_drafted * 2, time_plain);
}

TEST(EngineWithDraftModel, DraftsNoMoreWhereTheModelIsWrong) {
  for (const std::uint64_t n : {1U, 4U}) {
    EngineFixture plain{served()};
    EngineFixture drafted{served(), {}, drafting(never_novel)};
    const auto time_plain = time_of(plain, n, 1000);
    const auto time_drafted = time_of(drafted, n, 1000);
    EXPECT_EQ(drafted.records[1].tokens, plain.records[1].tokens);
    EXPECT_EQ(drafted.records[1].finished->stats.n_accepted, 0U);
    EXPECT_LT(drafted.records[1].finished->stats.n_drafted, 200U);
    EXPECT_LT(time_drafted.count(), time_plain.count() * 1.02);
  }
}

TEST(EngineWithDraftModel, DraftsNothingWithAModelAsSlowAsTheServedOne) {
  EngineFixture plain{served()};
  EngineFixture drafted{served(), {}, drafting(novel, microseconds{10'000})};
  const auto time_plain = time_of(plain, 1, 400);
  const auto time_drafted = time_of(drafted, 1, 400);
  EXPECT_LE(drafted.records[1].finished->stats.n_drafted, 20U);
  EXPECT_LT(time_drafted.count(), time_plain.count() * 1.02);
}

TEST(EngineWithDraftModel, BeginsTheNextRequestWithWhatWasLearnt) {
  EngineFixture t{served(), {}, drafting(never_novel)};
  (void)time_of(t, 1, 200);
  t.submit(2, "another question", 100);
  t.run();
  EXPECT_LT(t.records[2].finished->stats.n_drafted, 20U);
}

TEST(EngineWithDraftModel, FollowsAPromptWhoseBeginningWasFound) {
  EngineFixture t{served(), {}, drafting(novel)};
  const std::string conversation(300, 'c');
  for (std::uint64_t id = 1; id <= 3; ++id) {
    t.submit(id, conversation + "turn " + std::to_string(id), 100);
    t.run();
    EXPECT_EQ(t.records[id].text, support::answer_to(novel, conversation + "turn 1", 100)) << id;
    EXPECT_GT(t.records[id].finished->stats.n_accepted, 50U) << id;
  }
  EXPECT_GE(t.records[3].finished->stats.n_cached, 300U);
}

TEST(EngineWithDraftModel, GoesOnInASlotWhoseRequestWasCancelled) {
  EngineFixture t{served(), {}, drafting(novel)};
  t.submit(1, "first question", 1000);
  for (int i = 0; i < 20; ++i) t.step();
  t.engine.cancel(1);
  t.submit(2, "first but other", 100);
  t.run();
  EXPECT_EQ(t.records[2].text, support::answer_to(novel, "first but other", 100));
  EXPECT_GT(t.records[2].finished->stats.n_accepted, 50U);
}

TEST(EngineWithDraftModel, ServesOnWhenTheDraftModelFails) {
  int n_calls = 0;
  ScriptedOptions failing = drafting(novel);
  failing.fault = [&](std::uint64_t n, std::span<const BatchToken>) {
    ++n_calls;
    return ScriptedOptions::Fault{
        .error = n > 40 ? std::optional{Error{.code = ErrorCode::kInternal, .message = "x", .field = {}}}
                        : std::nullopt};
  };
  EngineFixture plain{served()};
  EngineFixture drafted{served(), {}, failing};
  (void)time_of(plain, 2, 300);
  (void)time_of(drafted, 2, 300);
  for (const std::uint64_t id : {1U, 2U}) EXPECT_EQ(drafted.records[id].tokens, plain.records[id].tokens);
  EXPECT_EQ(n_calls, 43);  // given up after the third
}

TEST(EngineWithDraftModel, FailingOnceCostsOneDraft) {
  ScriptedOptions failing = drafting(novel);
  failing.fault = [](std::uint64_t n, std::span<const BatchToken>) {
    return ScriptedOptions::Fault{
        .error = n % 50 == 49
                     ? std::optional{Error{.code = ErrorCode::kInternal, .message = "x", .field = {}}}
                     : std::nullopt};
  };
  EngineFixture t{served(), {}, failing};
  submit_some(t, 1, 400);
  t.run();
  EXPECT_GT(t.records[1].finished->stats.n_accepted, 250U);
}

TEST(EngineWithDraftModel, PrefersALookupThatIsKnownToBeGood) {
  std::uint64_t n_guesses = 0;
  ScriptedOptions counted = drafting(never_novel);
  counted.fault = [&](std::uint64_t n, std::span<const BatchToken>) {
    n_guesses = n;
    return ScriptedOptions::Fault{};
  };
  EngineFixture plain{served(support::circling), {.drafts = false}};
  EngineFixture both{served(support::circling), {}, counted};
  for (EngineFixture* t : {&plain, &both}) {
    t->submit(1, "xy", 200);
    t->run();
  }
  EXPECT_EQ(both.records[1].tokens, plain.records[1].tokens);
  const auto& stats = both.records[1].finished->stats;
  EXPECT_GT(stats.n_accepted, stats.n_generated / 2);
  EXPECT_LT(n_guesses, 60U);
}

TEST(EngineWithDraftModel, DraftsWithoutLookups) {
  EngineFixture t{served(), {.drafts = false}, drafting(novel)};
  submit_some(t, 1, 200);
  t.run();
  EXPECT_GT(t.records[1].finished->stats.n_accepted, 100U);
}

TEST(EngineWithDraftModel, KeepsToTheMostThatMayBeDrafted) {
  std::size_t most = 0;
  ScriptedOptions watched = served();
  watched.fault = [&](std::uint64_t, std::span<const BatchToken> batch) {
    const auto n = std::ranges::count_if(batch, &BatchToken::wants_logits);
    most = std::max(most, static_cast<std::size_t>(n));
    return ScriptedOptions::Fault{};
  };
  EngineFixture t{watched, {.draft_max = 3}, drafting(novel)};
  submit_some(t, 1, 200);
  t.run();
  EXPECT_EQ(most, 4U);
}

TEST(EngineWithDraftModel, ServesASequenceThatIsTooLongForTheDraftModel) {
  ScriptedOptions small = drafting(novel);
  small.n_ctx_sequence = 128;
  EngineFixture plain{served()};
  EngineFixture drafted{served(), {}, small};
  (void)time_of(plain, 1, 400);
  (void)time_of(drafted, 1, 400);
  EXPECT_EQ(drafted.records[1].tokens, plain.records[1].tokens);
  EXPECT_GT(drafted.records[1].finished->stats.n_accepted, 40U);
  EXPECT_LT(drafted.records[1].finished->stats.n_accepted, 128U);
}

TEST(EngineWithDraftModel, DraftsNoMoreOnceTheServedModelsMemoryCannotBeCut) {
  ScriptedOptions recurrent = served();
  recurrent.can_cut = false;
  recurrent.can_copy = false;
  recurrent.says_so = false;
  EngineFixture plain{recurrent};
  EngineFixture drafted{recurrent, {}, drafting(mostly_novel)};
  (void)time_of(plain, 1, 200);
  (void)time_of(drafted, 1, 200);
  EXPECT_EQ(drafted.records[1].tokens, plain.records[1].tokens);
  EXPECT_LE(drafted.records[1].finished->stats.n_drafted, 15U);
}

}  // namespace
}  // namespace minerva::engine
