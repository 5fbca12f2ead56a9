#include "gateway/patience.h"

#include <gtest/gtest.h>

namespace minerva::gateway {
namespace {

using std::chrono::milliseconds;

wire::EngineStatus after_steps(std::uint64_t n, std::uint64_t longest_us) {
  wire::EngineStatus status;
  status.steps_completed = n;
  status.longest_step_us = longest_us;
  return status;
}

TEST(Patience, IsSeveralOfTheLongestSteps) {
  EXPECT_EQ(Patience{}.for_step(after_steps(9, 3'000'000), false, {.n_requests = 1}), milliseconds{12'000});
}

TEST(Patience, IsNeverShorterThanANoisyMachineNeeds) {
  EXPECT_EQ(Patience{}.for_step(after_steps(9, 10), false, {.n_requests = 1}), Patience::kShortest);
  EXPECT_EQ(Patience{}.for_step(after_steps(9, 10), true, {.n_requests = 1}), Patience::kShortestOnGpu);
}

TEST(Patience, IsLongForTheFirstStep) {
  EXPECT_EQ(Patience{}.for_step(after_steps(0, 10), false, {.n_requests = 1}), Patience::kFirstStep);
}

TEST(Patience, GrowsWithTheTextThatIsToBeTokenized) {
  const auto status = after_steps(9, 10);
  const auto with = Patience{}.for_step(status, false, {.n_requests = 1, .prompt_bytes = 2'560'000});
  EXPECT_EQ(with - Patience{}.for_step(status, false, {.n_requests = 1}), milliseconds{10'000});
}

TEST(Patience, DoublesWithEachHangUntilAWorkerWorks) {
  Patience patience;
  const auto now = [&] { return patience.for_step(after_steps(9, 10), false, {.n_requests = 1}); };
  patience.note_hang();
  EXPECT_EQ(now(), 2 * Patience::kShortest);
  patience.note_hang();
  patience.note_steps(5);
  EXPECT_EQ(now(), 4 * Patience::kShortest);
  patience.note_steps(100);
  EXPECT_EQ(now(), Patience::kShortest);
}

}  // namespace
}  // namespace minerva::gateway
