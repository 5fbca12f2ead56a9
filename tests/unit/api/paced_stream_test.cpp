#include "api/paced_stream.h"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

#include "gateway/generation.h"

namespace minerva::api {
namespace {

namespace asio = boost::asio;
using gateway::Generation;
using std::chrono_literals::operator""ms;

// A real record of a generation, fed by the test as the worker would.
class PacedStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    wire::GenerationSpec spec;
    spec.id = 1;
    generation_ = std::make_shared<Generation>(io_.get_executor(), std::move(spec), [](Generation&) {});
    generation_->mark_sent();
    ASSERT_TRUE(generation_->accept({1, 2}).has_value());
  }

  // Runs pump and `consumer` until both end.
  void run(asio::awaitable<void> consumer) {
    using asio::experimental::awaitable_operators::operator&&;
    asio::co_spawn(io_, paced_.value().pump() && std::move(consumer),
                   [](const std::exception_ptr& thrown) { EXPECT_EQ(thrown, nullptr); });
    io_.run();
  }

  void open(std::chrono::milliseconds beat) {
    stream_.emplace(generation_);
    paced_.emplace(io_.get_executor(), *stream_, beat);
  }

  asio::io_context io_;
  std::shared_ptr<Generation> generation_;
  std::optional<gateway::TokenStream> stream_;
  std::optional<PacedStream> paced_;
  std::vector<std::string> seen_;
};

asio::awaitable<void> collect(PacedStream& paced, std::vector<std::string>& seen,
                              std::function<void()> on_beat) {
  for (;;) {
    const auto event = co_await paced.next();
    if (!event) {
      seen.emplace_back("beat");
      on_beat();
    } else if (const auto* delta = std::get_if<gateway::TextDelta>(&*event)) {
      seen.push_back(delta->text);
    } else {
      seen.emplace_back(std::holds_alternative<Error>(*event) ? "error" : "finished");
      co_return;
    }
  }
}

asio::awaitable<void> leave(PacedStream& paced) {
  paced.close();
  co_return;
}

// After pump() had its turn, and stands with an event in its hands.
asio::awaitable<void> leave_later(PacedStream& paced) {
  for (int turns = 0; turns < 10; ++turns) co_await asio::post(asio::use_awaitable);
  paced.close();
}

TEST_F(PacedStreamTest, BringsTextAndThenTheEnd) {
  open(10'000ms);
  ASSERT_TRUE(generation_->append({3}, "one").has_value());
  ASSERT_TRUE(generation_->finish({}).has_value());
  run(collect(*paced_, seen_, [] {}));
  EXPECT_EQ(seen_, (std::vector<std::string>{"one", "finished"}));
}

TEST_F(PacedStreamTest, TellsASilenceAndLosesNothingAfterIt) {
  open(1ms);
  run(collect(*paced_, seen_, [this] {
    if (seen_.size() == 2) {
      ASSERT_TRUE(generation_->append({3}, "late").has_value());
      ASSERT_TRUE(generation_->finish({}).has_value());
    }
  }));
  ASSERT_GE(seen_.size(), 4U);
  EXPECT_EQ(seen_[0], "beat");
  EXPECT_EQ(seen_[1], "beat");
  std::erase(seen_, "beat");
  EXPECT_EQ(seen_, (std::vector<std::string>{"late", "finished"}));
}

TEST_F(PacedStreamTest, BringsAnErrorAsTheEnd) {
  open(10'000ms);
  generation_->fail({.code = ErrorCode::kWorkerCrashed, .message = "gone", .field = {}});
  run(collect(*paced_, seen_, [] {}));
  EXPECT_EQ(seen_, std::vector<std::string>{"error"});
}

TEST_F(PacedStreamTest, EndsWhenTheConsumerLeavesWithAnEventUndelivered) {
  open(10'000ms);
  ASSERT_TRUE(generation_->append({3}, "one").has_value());
  run(leave_later(*paced_));
  ASSERT_TRUE(generation_->ending().has_value());
}

TEST_F(PacedStreamTest, EndsAndCancelsWhenTheConsumerLeaves) {
  open(10'000ms);
  run(leave(*paced_));
  ASSERT_TRUE(generation_->ending().has_value());
  EXPECT_TRUE(std::holds_alternative<Error>(*generation_->ending()));
}

}  // namespace
}  // namespace minerva::api
