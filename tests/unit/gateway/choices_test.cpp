#include "gateway/choices.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "run_coroutine.h"

namespace minerva::gateway {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kLong = 60'000ms;

// Three choices of one request, fed by the test as the worker would.
struct ChoicesTest : testing::Test {
  boost::asio::io_context io;
  std::shared_ptr<Wakeup> changed = std::make_shared<Wakeup>(io.get_executor());
  std::vector<std::uint64_t> cancelled;
  std::vector<std::shared_ptr<Generation>> records{record(0), record(1), record(2)};
  TokenStream stream{std::make_shared<Choices>(records, changed)};

  std::shared_ptr<Generation> record(std::uint64_t id) {
    wire::GenerationSpec spec;
    spec.id = id;
    return std::make_shared<Generation>(changed, std::move(spec),
                                        [this](const Generation& it) { cancelled.push_back(it.id()); });
  }
  void start() {
    for (const auto& each : records) {
      each->mark_sent();
      ASSERT_TRUE(each->accept({1, 2}));
    }
  }
  void say(std::size_t choice, std::string_view text) { ASSERT_TRUE(records[choice]->append({4}, text)); }
  void end(std::size_t choice) {
    ASSERT_TRUE(
        records[choice]->finish({.reason = wire::FinishReason::kLength, .stop_text = {}, .stats = {}}));
  }
  // "1:text", "2.", "worker_crashed", "(silence)".
  std::string next(std::chrono::milliseconds patience = kLong) {
    const auto event = finish(io, stream.next_within(patience));
    if (!event) return "(silence)";
    if (const auto* delta = std::get_if<TextDelta>(&*event))
      return std::to_string(delta->choice) + ":" + delta->text;
    if (const auto* finished = std::get_if<Finished>(&*event)) return std::to_string(finished->choice) + ".";
    return std::string(traits(std::get<Error>(*event).code).name);
  }
  void settle() {
    io.restart();
    io.poll();
  }
};

TEST_F(ChoicesTest, TakeTurnsAndKeepTheirOwnOrder) {
  start();
  for (const std::size_t choice : {0U, 1U, 2U}) say(choice, "a");
  EXPECT_EQ(next(), "0:a");
  for (const std::size_t choice : {0U, 1U, 2U}) say(choice, "b");
  EXPECT_EQ(next(), "1:ab");
  EXPECT_EQ(next(), "2:ab");
  EXPECT_EQ(next(), "0:b");
  for (const std::size_t choice : {2U, 0U, 1U}) end(choice);
  EXPECT_EQ(next(), "1.");
  EXPECT_EQ(next(), "2.");
  EXPECT_FALSE(stream.done());
  EXPECT_EQ(next(), "0.");
  EXPECT_TRUE(stream.done());
  EXPECT_TRUE(cancelled.empty());
}

TEST_F(ChoicesTest, OneThatIsSilentHoldsUpNone) {
  start();
  say(2, "x");
  end(2);
  EXPECT_EQ(next(), "2:x");
  EXPECT_EQ(next(), "2.");
  const auto waiting = begin(io, stream.next());
  EXPECT_FALSE(*waiting);
  say(1, "y");
  settle();
  ASSERT_TRUE(*waiting);
  EXPECT_EQ(std::get<TextDelta>(**waiting).text, "y");
  EXPECT_EQ(std::get<TextDelta>(**waiting).choice, 1U);
}

TEST_F(ChoicesTest, AreAcceptedWhenAllAre) {
  const auto accepted = begin(io, stream.accepted());
  for (const std::size_t choice : {0U, 2U, 1U}) {
    EXPECT_FALSE(*accepted);
    records[choice]->mark_sent();
    ASSERT_TRUE(records[choice]->accept({1}));
    settle();
  }
  ASSERT_TRUE(*accepted);
  EXPECT_TRUE(accepted->value().has_value());
}

TEST_F(ChoicesTest, OneThatIsRefusedRefusesTheRequest) {
  const auto accepted = begin(io, stream.accepted());
  for (const auto& each : records) each->mark_sent();
  ASSERT_TRUE(records[0]->accept({1}));
  records[1]->fail({.code = ErrorCode::kContextOverflow, .message = "too long", .field = {}});
  settle();
  ASSERT_TRUE(*accepted);
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kContextOverflow);
  EXPECT_EQ(cancelled, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_TRUE(stream.done());
}

TEST_F(ChoicesTest, OneThatFailsEndsTheOthersAndIsTheLastEvent) {
  start();
  say(0, "lost");
  end(2);
  EXPECT_EQ(next(), "0:lost");
  records[1]->fail({.code = ErrorCode::kSamplingFailed, .message = "no token", .field = {}});
  say(0, "never read");
  EXPECT_EQ(next(), "sampling_failed");
  EXPECT_TRUE(stream.done());
  EXPECT_EQ(cancelled, std::vector<std::uint64_t>{0});
}

TEST_F(ChoicesTest, OneMayBeEndedEarlyWhileTheOthersGoOn) {
  start();
  stream.end_early(1);
  EXPECT_EQ(cancelled, std::vector<std::uint64_t>{1});
  EXPECT_EQ(next(), "1.");
  say(0, "on");
  EXPECT_EQ(next(), "0:on");
}

TEST_F(ChoicesTest, AreCancelledTogetherWithOneError) {
  start();
  end(1);
  EXPECT_EQ(next(), "1.");
  const auto waiting = begin(io, stream.next());
  stream.cancel();
  settle();
  ASSERT_TRUE(*waiting);
  EXPECT_EQ(std::get<Error>(**waiting).code, ErrorCode::kCancelled);
  EXPECT_EQ(cancelled, (std::vector<std::uint64_t>{0, 2}));
  EXPECT_TRUE(stream.done());
}

TEST_F(ChoicesTest, AreCancelledWhenTheStreamIsLetGoOfWhileSomeoneWaits) {
  start();
  std::shared_ptr<std::optional<StreamEvent>> waiting;
  {
    TokenStream dropped = std::move(stream);
    waiting = begin(io, dropped.next());
  }
  settle();
  ASSERT_TRUE(*waiting);
  EXPECT_EQ(std::get<Error>(**waiting).code, ErrorCode::kCancelled);
  EXPECT_EQ(cancelled.size(), 3U);
}

TEST_F(ChoicesTest, TellASilenceAndLoseNothingAfterIt) {
  start();
  EXPECT_EQ(next(1ms), "(silence)");
  EXPECT_EQ(next(1ms), "(silence)");
  say(1, "late");
  EXPECT_EQ(next(1ms), "1:late");
  const auto waiting = begin(io, stream.next_within(kLong));
  EXPECT_FALSE(*waiting);
  say(0, "in time");
  settle();
  ASSERT_TRUE(*waiting);
  EXPECT_EQ(std::get<TextDelta>(***waiting).text, "in time");
}

}  // namespace
}  // namespace minerva::gateway
