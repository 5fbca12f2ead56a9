#include "gateway/quarantine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>

namespace minerva::gateway {
namespace {

using Ids = std::vector<Quarantine::Id>;
using Inside = std::vector<Quarantine::Inside>;

Inside inside(const Ids& ids, bool progressed = false) {
  Inside all;
  for (const auto id : ids) all.push_back({.id = id, .progressed = progressed});
  return all;
}

TEST(Quarantine, OneDeathSuspectsNobody) {
  Quarantine quarantine;
  EXPECT_TRUE(quarantine.after_death(inside({1, 2, 3})).empty());
  EXPECT_FALSE(quarantine.has_suspects());
  EXPECT_EQ(quarantine.admitted(Ids{1, 2, 3}, {}), (Ids{1, 2, 3}));
}

TEST(Quarantine, WhoGotATokenBeforeEachDeathIsNeverSuspect) {
  Quarantine quarantine;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(quarantine.after_death(inside({1}, true)).empty());
  EXPECT_FALSE(quarantine.has_suspects());
}

TEST(Quarantine, HalfOfTheSuspectsAreTriedAndAllOthersWait) {
  Quarantine quarantine;
  (void)quarantine.after_death(inside({1, 2, 3, 4}));
  (void)quarantine.after_death(inside({1, 2, 3, 4}));
  EXPECT_TRUE(quarantine.has_suspects());
  EXPECT_EQ(quarantine.admitted(Ids{1, 2, 3, 4, 9}, {}), (Ids{1, 2}));
  EXPECT_EQ(quarantine.admitted(Ids{3, 4, 9}, inside({1, 2})), Ids{});
  quarantine.clear(1);
  quarantine.clear(2);
  EXPECT_EQ(quarantine.admitted(Ids{3, 4, 9}, inside({1, 2}, true)), Ids{3});
  quarantine.clear(3);
  EXPECT_EQ(quarantine.admitted(Ids{4, 9}, inside({1, 2, 3}, true)), Ids{4});
  quarantine.clear(4);
  EXPECT_EQ(quarantine.admitted(Ids{9}, inside({1, 2, 3, 4}, true)), Ids{9});
}

TEST(Quarantine, AloneTwiceInARowIsGuilty) {
  Quarantine quarantine;
  EXPECT_TRUE(quarantine.after_death(inside({5})).empty());
  EXPECT_EQ(quarantine.after_death(inside({5})), Ids{5});
  EXPECT_FALSE(quarantine.has_suspects());
}

TEST(Quarantine, AloneTwiceWithAnotherDeathBetweenIsNotGuilty) {
  Quarantine quarantine;
  (void)quarantine.after_death(inside({5}));
  (void)quarantine.after_death(inside({5, 6}));
  EXPECT_TRUE(quarantine.after_death(inside({5})).empty());
}

// A world in which a worker with the culprit dies before anyone gets a token, or after all others did.
std::size_t n_deaths_until_found(std::size_t n, Quarantine::Id culprit, bool others_progress) {
  Quarantine quarantine;
  Ids waiting(n);
  std::iota(waiting.begin(), waiting.end(), 1);
  Inside in;
  for (std::size_t n_deaths = 0; n_deaths < 100;) {
    const Ids sent = quarantine.admitted(waiting, in);
    for (const auto id : sent) {
      std::erase(waiting, id);
      in.push_back({.id = id});
    }
    const bool dies = std::ranges::contains(in, culprit, &Quarantine::Inside::id);
    for (auto& it : in) {
      it.progressed = it.progressed || (it.id != culprit && (others_progress || !dies));
      if (it.progressed) quarantine.clear(it.id);
    }
    if (!dies) continue;
    ++n_deaths;
    const Ids guilty = quarantine.after_death(in);
    if (!guilty.empty()) {
      EXPECT_EQ(guilty, Ids{culprit});
      return n_deaths;
    }
    for (const auto& it : in) waiting.push_back(it.id);
    std::ranges::sort(waiting);
    in.clear();
  }
  return 100;
}

TEST(Quarantine, FindsTheOneAmongManyInFewDeathsAndBlamesNobodyElse) {
  for (const std::size_t n : {1U, 2U, 3U, 8U, 33U}) {
    for (Quarantine::Id culprit = 1; culprit <= n; ++culprit) {
      for (const bool others_progress : {false, true}) {
        const std::size_t n_deaths = n_deaths_until_found(n, culprit, others_progress);
        EXPECT_LE(n_deaths, 4 + 2 * std::bit_width(n)) << n << " " << culprit << " " << others_progress;
      }
    }
  }
}

}  // namespace
}  // namespace minerva::gateway
