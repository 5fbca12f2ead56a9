#include "engine/slot_table.h"

#include <gtest/gtest.h>

#include <numeric>

namespace minerva::engine {
namespace {

std::vector<Token> row(Token first, std::size_t n) {
  std::vector<Token> tokens(n);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

std::vector<Token> joined(std::vector<Token> a, const std::vector<Token>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A slot that holds these tokens; its sequence has ended, or still runs.
void fill(SlotTable& table, std::int32_t slot, const std::vector<Token>& tokens, bool busy,
          std::uint32_t space = 0) {
  table.take(SlotId{slot}, space);
  table.append(SlotId{slot}, tokens);
  if (!busy) table.release(SlotId{slot});
}

TEST(SlotTable, TakesAnEmptySlotForAPromptItHasNotSeen) {
  SlotTable table{3, {}};
  fill(table, 0, row(0, 50), false);
  const auto placement = table.place({.tokens = row(1000, 20)});
  ASSERT_TRUE(placement);
  EXPECT_NE(placement->slot, SlotId{0});
  EXPECT_EQ(placement->n_reused, 0U);
}

TEST(SlotTable, GoesOnInTheSlotThatHoldsTheConversation) {
  SlotTable table{3, {}};
  fill(table, 1, row(0, 50), false);
  const auto placement = table.place({.tokens = row(0, 80)});
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->slot, SlotId{1});
  EXPECT_EQ(placement->n_reused, 50U);
  EXPECT_FALSE(placement->copy_from);
}

TEST(SlotTable, AlwaysLeavesTheLastPromptTokenToBeComputed) {
  SlotTable table{1, {}};
  fill(table, 0, row(0, 50), false);
  EXPECT_EQ(table.place({.tokens = row(0, 50)})->n_reused, 49U);
  EXPECT_EQ(table.place({.tokens = row(0, 30)})->n_reused, 29U);
}

TEST(SlotTable, CopiesThePrefixOfARunningSequence) {
  SlotTable table{2, {}};
  fill(table, 0, row(0, 100), true);
  const auto placement = table.place({.tokens = joined(row(0, 60), row(500, 10))});
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->slot, SlotId{1});
  EXPECT_EQ(placement->copy_from, SlotId{0});
  EXPECT_EQ(placement->n_reused, 60U);
}

TEST(SlotTable, KeepsALongConversationAliveWhenOnlyItsBeginningIsShared) {
  SlotTable table{2, {}};
  fill(table, 0, row(0, 200), false);
  const auto placement = table.place({.tokens = joined(row(0, 30), row(900, 10))});
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->slot, SlotId{1});
  EXPECT_EQ(placement->copy_from, SlotId{0});
  EXPECT_EQ(placement->n_reused, 30U);
}

TEST(SlotTable, TakesTheLongConversationsSlotWhenThereIsNoOther) {
  SlotTable table{1, {}};
  fill(table, 0, row(0, 200), false);
  const auto placement = table.place({.tokens = joined(row(0, 30), row(900, 10))});
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->slot, SlotId{0});
  EXPECT_EQ(placement->n_reused, 30U);
  EXPECT_FALSE(placement->copy_from);
}

TEST(SlotTable, DoesNotCopyAFewTokens) {
  SlotTable table{2, {}};
  fill(table, 0, row(0, 100), true);
  const auto placement = table.place({.tokens = joined(row(0, 5), row(500, 10))});
  ASSERT_TRUE(placement);
  EXPECT_FALSE(placement->copy_from);
  EXPECT_EQ(placement->n_reused, 0U);
}

TEST(SlotTable, GivesUpTheSlotUsedLongestAgo) {
  SlotTable table{3, {}};
  fill(table, 2, row(0, 10), false);
  fill(table, 0, row(100, 10), false);
  fill(table, 1, row(200, 10), false);
  EXPECT_EQ(table.place({.tokens = row(900, 10)})->slot, SlotId{2});
  EXPECT_EQ(table.oldest_cached(), SlotId{2});
}

TEST(SlotTable, HasNoPlaceWhenEverySlotIsBusy) {
  SlotTable table{1, {}};
  fill(table, 0, row(0, 10), true);
  EXPECT_EQ(table.n_free(), 0U);
  EXPECT_FALSE(table.place({.tokens = row(0, 10)}));
  EXPECT_FALSE(table.oldest_cached());
}

TEST(SlotTable, ComparesEveryToken) {
  SlotTable table{1, {}};
  auto other = row(0, 50);
  fill(table, 0, other, false);
  other[17] = 4711;
  EXPECT_EQ(table.place({.tokens = other})->n_reused, 17U);
}

TEST(SlotTable, CountsTheCellsInUse) {
  SlotTable table{2, {}};
  fill(table, 0, row(0, 10), false);
  fill(table, 1, row(0, 5), true);
  EXPECT_EQ(table.cells_used(), 15U);
  table.cut(SlotId{0}, 3);
  EXPECT_EQ(table.cells_used(), 8U);
}

TEST(SlotTable, CountsSharedCellsOnceWhereTheyAreShared) {
  for (const bool shares : {false, true}) {
    SlotTable table{2, {.shares_cells = shares}};
    fill(table, 0, row(0, 10), true);
    table.take(SlotId{1}, 0);
    table.copy(SlotId{0}, SlotId{1}, 6);
    table.append(SlotId{1}, row(100, 3));
    EXPECT_EQ(table.cells_used(), shares ? 13U : 19U);
    table.release(SlotId{0});
    EXPECT_EQ(table.cells_busy(), 9U);
    table.cut(SlotId{0}, 0);
    EXPECT_EQ(table.cells_used(), 9U);
    table.cut(SlotId{1}, 0);
    EXPECT_EQ(table.cells_used(), 0U);
  }
}

TEST(SlotTable, ReusesAllOfASlotOrNothingWhereMemoryCannotBeCut) {
  SlotTable table{2, {.cuts = false}};
  fill(table, 0, row(0, 50), false);
  EXPECT_EQ(table.place({.tokens = row(0, 80)})->n_reused, 50U);
  const auto shorter = table.place({.tokens = row(0, 30)});
  EXPECT_EQ(shorter->n_reused, 0U);
  EXPECT_EQ(shorter->slot, SlotId{1});
  EXPECT_EQ(table.n_known({.tokens = row(0, 30)}), 30U);
}

TEST(SlotTable, SharesNothingBetweenSpaces) {
  SlotTable table{2, {}};
  fill(table, 0, row(0, 50), false, 1);
  const auto foreign = table.place({.tokens = row(0, 80), .space = 2});
  ASSERT_TRUE(foreign);
  EXPECT_EQ(foreign->n_reused, 0U);
  EXPECT_FALSE(foreign->copy_from);
  EXPECT_EQ(table.place({.tokens = row(0, 80), .space = 1})->n_reused, 50U);
  EXPECT_EQ(table.n_shared_busy({.tokens = row(0, 80), .space = 1}), 0U);
  table.take(SlotId{0}, 1);
  EXPECT_EQ(table.n_shared_busy({.tokens = row(0, 80), .space = 1}), 50U);
}

}  // namespace
}  // namespace minerva::engine
