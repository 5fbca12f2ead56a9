#include "engine/prefix_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace minerva::engine {
namespace {

using Tokens = std::vector<inference::Token>;

TokenPrefix view(const Tokens& tokens) { return {.tokens = tokens}; }

std::shared_ptr<const StoredPrefix> entry(Tokens tokens, std::size_t n_bytes, std::uint32_t space = 0) {
  return std::make_shared<const StoredPrefix>(
      StoredPrefix{.tokens = std::move(tokens), .space = space, .state = inference::SlotState(n_bytes)});
}

TEST(PrefixStore, FindsTheEntryThatSharesMost) {
  PrefixStore store{1000, true};
  store.put(entry({1, 2, 3, 4}, 10));
  store.put(entry({1, 2, 9, 9}, 10));
  const auto match = store.find(view(Tokens{1, 2, 9, 8}));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->n_shared, 3U);
  EXPECT_EQ(match->entry->tokens, (Tokens{1, 2, 9, 9}));
  EXPECT_FALSE(store.find(view(Tokens{2, 1})));
}

TEST(PrefixStore, KeepsShorterEntriesWhereStatesCannotBeCut) {
  PrefixStore store{1000, false};
  store.put(entry({1, 2}, 10));
  store.put(entry({1, 2, 3, 4}, 10));
  EXPECT_EQ(store.n_entries(), 2U);
  EXPECT_EQ(store.find(view(Tokens{1, 2, 3, 9}))->n_shared, 2U);
  EXPECT_EQ(store.n_known(view(Tokens{1, 2, 3, 9})), 3U);
  EXPECT_TRUE(store.wants(view(Tokens{1, 2, 3}), 10));
  EXPECT_FALSE(store.wants(view(Tokens{1, 2}), 10));
}

TEST(PrefixStore, ShowsAPrefixToItsOwnSpaceOnly) {
  PrefixStore store{1000, true};
  store.put(entry({1, 2, 3}, 10, 7));
  EXPECT_FALSE(store.find(view(Tokens{1, 2, 3})));
  EXPECT_TRUE(store.wants(view(Tokens{1, 2, 3}), 10));
  const Tokens tokens{1, 2, 3, 4};
  ASSERT_TRUE(store.find({.tokens = tokens, .space = 7}));
  EXPECT_EQ(store.find({.tokens = tokens, .space = 7})->n_shared, 3U);
  store.put(entry({1, 2, 3, 4}, 10));
  EXPECT_EQ(store.n_entries(), 2U);
}

TEST(PrefixStore, DropsWhatWasUsedLongestAgo) {
  PrefixStore store{250, true};
  store.put(entry({1}, 100));
  store.put(entry({2}, 100));
  EXPECT_TRUE(store.find(view(Tokens{1})));  // used now
  store.put(entry({3}, 100));
  EXPECT_TRUE(store.find(view(Tokens{1})));
  EXPECT_FALSE(store.find(view(Tokens{2})));
  EXPECT_TRUE(store.find(view(Tokens{3})));
}

TEST(PrefixStore, KeepsOneEntryForAConversationThatGrows) {
  PrefixStore store{1000, true};
  store.put(entry({1, 2}, 10));
  store.put(entry({1, 2, 3}, 10));
  EXPECT_EQ(store.n_entries(), 1U);
  EXPECT_FALSE(store.wants(view(Tokens{1, 2}), 10));
  EXPECT_TRUE(store.wants(view(Tokens{1, 2, 3, 4}), 10));
}

TEST(PrefixStore, WantsNothingThatDoesNotFit) {
  const PrefixStore store{100, true};
  EXPECT_FALSE(store.wants(view(Tokens{1}), 100));
  EXPECT_TRUE(store.wants(view(Tokens{1}), 96));
  EXPECT_FALSE((PrefixStore{0, true}.wants(view(Tokens{1}), 0)));
}

// Against a store that does everything by looking at all entries ever put.
TEST(PrefixStore, NeverHoldsMoreThanItMayAndFindsWhatItHolds) {
  std::mt19937 random{3};
  PrefixStore store{5000, true};
  for (int round = 0; round < 3000; ++round) {
    Tokens tokens(1 + random() % 12);
    for (auto& token : tokens) token = static_cast<inference::Token>(random() % 3);
    const std::size_t n_bytes = random() % 700;
    if (store.wants(view(tokens), n_bytes)) {
      store.put(entry(tokens, n_bytes));
      const auto match = store.find(view(tokens));
      ASSERT_TRUE(match);
      ASSERT_EQ(match->n_shared, tokens.size());
      ASSERT_EQ(match->entry->tokens, tokens);
      ASSERT_EQ(store.n_found(view(tokens)), tokens.size());
    }
    ASSERT_LE(store.n_bytes(), 5000U);
  }
  EXPECT_GT(store.n_entries(), 3U);
}

}  // namespace
}  // namespace minerva::engine
