#include "base/gate.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace minerva {
namespace {

struct GateTest : testing::Test {
  Gate gate;
  int n_told = 0;

  void close() {
    gate.close([this] { ++n_told; });
  }
};

TEST_F(GateTest, TellsAtOnceWhenNobodyIsInside) {
  close();
  EXPECT_EQ(n_told, 1);
}

TEST_F(GateTest, TellsOnceWhenTheLastHasLeft) {
  std::optional first{gate.enter()};
  std::optional second{gate.enter()};
  EXPECT_EQ(gate.n_inside(), 2U);
  close();
  first.reset();
  EXPECT_EQ(n_told, 0);
  second.reset();
  EXPECT_EQ(n_told, 1);
}

TEST_F(GateTest, AMovedOrLeftPassCountsOnce) {
  {
    Gate::Pass pass = gate.enter();
    Gate::Pass moved = std::move(pass);
    EXPECT_EQ(gate.n_inside(), 1U);
    moved.leave();
    EXPECT_EQ(gate.n_inside(), 0U);
  }
  EXPECT_EQ(gate.n_inside(), 0U);
}

TEST_F(GateTest, AnOpenGateTellsNobody) {
  { const Gate::Pass pass = gate.enter(); }
  EXPECT_EQ(n_told, 0);
}

TEST(GateDeathTest, EnteringAClosedGateIsABugThatShows) {
  EXPECT_DEATH(
      {
        Gate gate;
        gate.close([] {});
        const Gate::Pass pass = gate.enter();
      },
      "in a part that has stopped");
}

}  // namespace
}  // namespace minerva
