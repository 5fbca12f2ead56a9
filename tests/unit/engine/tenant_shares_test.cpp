#include "engine/tenant_shares.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

// Serves the one of these tenants that has received least; a tie goes to the first.
std::uint32_t serve(TenantShares& shares, std::initializer_list<std::uint32_t> tenants,
                    TenantShares::Cost cost) {
  std::uint32_t least = *tenants.begin();
  for (const std::uint32_t tenant : tenants) {
    if (shares.received(tenant) < shares.received(least)) least = tenant;
  }
  shares.advance(shares.received(least));
  shares.charge(least, cost);
  return least;
}

TEST(TenantShares, LetTenantsTakeTurns) {
  TenantShares shares;
  EXPECT_EQ(serve(shares, {1, 2}, 10), 1U);
  EXPECT_EQ(serve(shares, {1, 2}, 10), 2U);
  EXPECT_EQ(serve(shares, {1, 2}, 10), 1U);
}

TEST(TenantShares, LetOneWithSmallNeedsComeAsOftenAsItsCostsAllow) {
  TenantShares shares;
  int n_small = 0;
  for (int i = 0; i < 110; ++i) {
    const std::uint32_t next = shares.received(2) < shares.received(1) ? 2U : 1U;
    n_small += serve(shares, {1, 2}, next == 2 ? 10 : 100) == 2 ? 1 : 0;
  }
  EXPECT_EQ(n_small, 100);
}

TEST(TenantShares, SaveNothingUpForOneThatWasSilent) {
  TenantShares shares;
  for (int i = 0; i < 100; ++i) serve(shares, {1}, 10);
  EXPECT_EQ(serve(shares, {1, 2}, 10), 2U);
  EXPECT_EQ(serve(shares, {1, 2}, 10), 1U) << "the hundred turns before do not count";
}

TEST(TenantShares, GiveOneThatWasSilentItsCredit) {
  TenantShares shares{25};
  for (int i = 0; i < 100; ++i) serve(shares, {1}, 10);
  int n_ahead = 0;
  while (serve(shares, {1, 2}, 10) == 2) ++n_ahead;
  EXPECT_EQ(n_ahead, 4) << "what tenant 1 took last, and the credit";
}

TEST(TenantShares, CorrectAChargeThatWasTooHigh) {
  TenantShares shares;
  shares.charge(1, 1000);
  shares.charge(2, 50);
  EXPECT_GT(shares.received(1), shares.received(2));
  shares.charge(1, -990);
  EXPECT_LT(shares.received(1), shares.received(2));
}

TEST(TenantShares, RememberOnlyTenantsThatAreAhead) {
  TenantShares shares;
  for (std::uint32_t tenant = 1; tenant <= 1000; ++tenant) serve(shares, {tenant}, 10);
  EXPECT_LE(shares.n_tenants(), 1000U);
  serve(shares, {1}, 10);
  serve(shares, {1}, 10);
  EXPECT_EQ(shares.n_tenants(), 1U);
}

}  // namespace
}  // namespace minerva::engine
