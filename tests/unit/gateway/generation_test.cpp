#include "gateway/generation.h"

#include <gtest/gtest.h>

#include "gateway/choices.h"
#include "run_coroutine.h"

namespace minerva::gateway {
namespace {

wire::GenerationSpec spec(std::uint64_t id) {
  wire::GenerationSpec made;
  made.id = id;
  return made;
}

struct GenerationTest : testing::Test {
  boost::asio::io_context io;
  std::shared_ptr<Wakeup> changed = std::make_shared<Wakeup>(io.get_executor());
  int n_cancels = 0;
  std::shared_ptr<Generation> record =
      std::make_shared<Generation>(changed, spec(7), [this](Generation& /*it*/) { ++n_cancels; });
  TokenStream stream{choice_of(record)};

  [[nodiscard]] std::shared_ptr<Choices> choice_of(const std::shared_ptr<Generation>& only) const {
    return std::make_shared<Choices>(std::vector{only}, changed);
  }

  void start() {
    record->mark_sent();
    ASSERT_TRUE(record->accept({1, 2, 3}));
  }
  StreamEvent next() { return finish(io, stream.next()); }
};

TEST_F(GenerationTest, WaitsForTheWorkersWord) {
  const auto accepted = begin(io, stream.accepted());
  EXPECT_FALSE(*accepted);
  record->mark_sent();
  io.restart();
  io.poll();
  EXPECT_FALSE(*accepted);
  ASSERT_TRUE(record->accept({1, 2, 3}));
  io.restart();
  io.poll();
  ASSERT_TRUE(*accepted);
  EXPECT_TRUE(accepted->value().has_value());
}

TEST_F(GenerationTest, ARefusalIsToldByAccepted) {
  record->mark_sent();
  const auto accepted = begin(io, stream.accepted());
  record->fail({.code = ErrorCode::kContextOverflow, .message = "too long", .field = {}});
  io.restart();
  io.poll();
  ASSERT_TRUE(*accepted);
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kContextOverflow);
}

TEST_F(GenerationTest, AFailureAfterAcceptanceIsToldAfterTheText) {
  start();
  ASSERT_TRUE(record->append({4}, "x"));
  record->fail({.code = ErrorCode::kWorkerCrashed, .message = "gone", .field = {}});
  EXPECT_TRUE(finish(io, stream.accepted()));
  EXPECT_EQ(std::get<TextDelta>(next()).text, "x");
  EXPECT_EQ(std::get<Error>(next()).code, ErrorCode::kWorkerCrashed);
}

TEST_F(GenerationTest, AWaitingConsumerGetsEachDeltaAsItComes) {
  start();
  const auto first = begin(io, stream.next());
  EXPECT_FALSE(*first);
  ASSERT_TRUE(record->append({4}, "a"));
  io.restart();
  io.poll();
  ASSERT_TRUE(*first);
  EXPECT_EQ(std::get<TextDelta>(**first).text, "a");
  record->fail({});
}

TEST_F(GenerationTest, TextThatWaitsIsMerged) {
  start();
  ASSERT_TRUE(record->append({4}, "a"));
  ASSERT_TRUE(record->append({5}, ""));
  ASSERT_TRUE(record->append({6, 7}, "bc"));
  ASSERT_TRUE(
      record->finish({.reason = wire::FinishReason::kLength, .stop_text = {}, .stats = {.n_generated = 4}}));
  const auto delta = std::get<TextDelta>(next());
  EXPECT_EQ(delta.text, "abc");
  EXPECT_EQ(delta.n_tokens, 4U);
  const auto finished = std::get<Finished>(next());
  EXPECT_EQ(finished.reason, wire::FinishReason::kLength);
  EXPECT_EQ(finished.stats.n_generated, 4U);
}

TEST_F(GenerationTest, TokensWithoutTextWakeNobody) {
  start();
  const auto event = begin(io, stream.next());
  ASSERT_TRUE(record->append({4, 5}, ""));
  io.restart();
  io.poll();
  EXPECT_FALSE(*event);
  ASSERT_TRUE(record->append({6}, "\xE2\x82\xAC"));
  io.restart();
  io.poll();
  ASSERT_TRUE(*event);
  EXPECT_EQ(std::get<TextDelta>(**event).n_tokens, 3U);
  record->fail({});
}

TEST_F(GenerationTest, ProbabilitiesOfTokensWithoutTextComeBeforeTheEnd) {
  start();
  ASSERT_TRUE(record->append({4}, "a", {{}}));
  EXPECT_EQ(std::get<TextDelta>(next()).probabilities.size(), 1U);
  ASSERT_TRUE(record->append({5}, "", {{}}));
  ASSERT_TRUE(record->finish({.reason = wire::FinishReason::kStop, .stop_text = "x", .stats = {}}));
  const auto last = std::get<TextDelta>(next());
  EXPECT_EQ(last.text, "");
  EXPECT_EQ(last.probabilities.size(), 1U);
  EXPECT_EQ(std::get<Finished>(next()).stop_text, "x");
}

TEST_F(GenerationTest, TheRecordHoldsAllThatAContinuationNeeds) {
  start();
  ASSERT_TRUE(record->append({4}, "a"));
  EXPECT_EQ(std::get<TextDelta>(next()).text, "a");
  ASSERT_TRUE(record->append({5}, "b"));
  EXPECT_EQ(record->prompt(), (std::vector<wire::Token>{1, 2, 3}));
  EXPECT_EQ(record->tokens(), (std::vector<wire::Token>{4, 5}));
  EXPECT_EQ(record->text(), "ab");
  EXPECT_LE(record->times().created, record->times().sent);
  EXPECT_LE(record->times().sent, record->times().accepted);
  EXPECT_LE(record->times().first_token, record->times().last_token);
  record->fail({});
}

TEST_F(GenerationTest, CancelEndsAWaitingConsumer) {
  start();
  const auto event = begin(io, stream.next());
  stream.cancel();
  stream.cancel();
  io.restart();
  io.poll();
  ASSERT_TRUE(*event);
  EXPECT_EQ(std::get<Error>(**event).code, ErrorCode::kCancelled);
  EXPECT_EQ(n_cancels, 1);
}

TEST_F(GenerationTest, CancelDropsTextThatWaits) {
  start();
  ASSERT_TRUE(record->append({4}, "unread"));
  stream.cancel();
  EXPECT_EQ(std::get<Error>(next()).code, ErrorCode::kCancelled);
}

TEST_F(GenerationTest, AConsumerMayEndItAsIfTheModelHad) {
  start();
  ASSERT_TRUE(record->append({4, 5}, "read"));
  EXPECT_EQ(std::get<TextDelta>(next()).text, "read");
  ASSERT_TRUE(record->append({6}, "unread"));
  record->note_stats({.n_prompt = 3, .n_cached = 2, .n_generated = 1, .n_drafted = 5, .queue_us = 40});
  stream.end_early();
  stream.end_early();
  const auto finished = std::get<Finished>(next());
  EXPECT_EQ(finished.reason, wire::FinishReason::kStop);
  EXPECT_EQ(finished.stats.n_prompt, 3U);
  EXPECT_EQ(finished.stats.n_generated, 3U);
  EXPECT_EQ(finished.stats.n_cached, 2U);
  EXPECT_EQ(finished.stats.n_drafted, 5U);
  EXPECT_EQ(finished.stats.queue_us, 40U);
  EXPECT_EQ(n_cancels, 1);
}

TEST_F(GenerationTest, AnEndThatHasComeIsNotReplacedByAnEarlyOne) {
  start();
  ASSERT_TRUE(record->finish({.reason = wire::FinishReason::kLength, .stop_text = {}, .stats = {}}));
  stream.end_early();
  EXPECT_EQ(std::get<Finished>(next()).reason, wire::FinishReason::kLength);
  EXPECT_EQ(n_cancels, 0);
}

TEST_F(GenerationTest, ControlTokensThatAreToShowAreText) {
  auto showing = std::make_shared<Generation>(
      changed, spec(8), [](Generation& /*it*/) {},
      std::vector<wire::ControlToken>{{.token = 50, .text = "<call>"}});
  TokenStream shown{choice_of(showing)};
  showing->mark_sent();
  ASSERT_TRUE(showing->accept({1}));
  ASSERT_TRUE(showing->append({4}, "a"));
  ASSERT_TRUE(showing->append({50}, ""));
  ASSERT_TRUE(showing->append({51}, ""));
  EXPECT_EQ(std::get<TextDelta>(finish(io, shown.next())).text, "a<call>");
  showing->fail({});
}

TEST_F(GenerationTest, LettingGoOfTheStreamCancelsUnlessItHasEnded) {
  { const TokenStream dropped = std::move(stream); }
  EXPECT_EQ(n_cancels, 1);
  auto other = std::make_shared<Generation>(changed, spec(8), [this](Generation& /*it*/) { ++n_cancels; });
  other->fail({});
  { const TokenStream dropped{choice_of(other)}; }
  EXPECT_EQ(n_cancels, 1);
}

TEST_F(GenerationTest, EventsOutOfOrderAreRefused) {
  EXPECT_FALSE(record->accept({1}));
  EXPECT_FALSE(record->append({4}, "early"));
  record->mark_sent();
  EXPECT_FALSE(record->append({4}, "early"));
  EXPECT_FALSE(record->finish({}));
  ASSERT_TRUE(record->accept({1}));
  EXPECT_FALSE(record->accept({1}));
  EXPECT_TRUE(record->text().empty());
  record->fail({});
}

using GenerationDeathTest = GenerationTest;

TEST_F(GenerationDeathTest, DroppingAnOpenRecordIsABugThatShows) {
  EXPECT_DEATH(Generation(changed, {}, {}), "without its terminal event");
}

}  // namespace
}  // namespace minerva::gateway
