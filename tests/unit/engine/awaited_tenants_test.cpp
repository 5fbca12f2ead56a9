#include "engine/awaited_tenants.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using std::chrono::seconds;

TEST(AwaitedTenants, AreTheOthers) {
  AwaitedTenants awaited;
  EXPECT_FALSE(awaited.shortest_prompt_beside(1));
  awaited.note_prompt(1, 500);
  EXPECT_FALSE(awaited.shortest_prompt_beside(1));
  EXPECT_EQ(awaited.shortest_prompt_beside(2), 500U);
  awaited.note_prompt(2, 90);
  awaited.note_prompt(3, 70);
  EXPECT_EQ(awaited.shortest_prompt_beside(1), 70U);
  EXPECT_EQ(awaited.shortest_prompt_beside(3), 90U);
}

TEST(AwaitedTenants, AreExpectedToSendWhatTheySentLately) {
  AwaitedTenants awaited;
  awaited.note_prompt(1, 1000);
  for (int i = 0; i < 30; ++i) awaited.note_prompt(1, 100);
  EXPECT_NEAR(*awaited.shortest_prompt_beside(2), 100, 2);
}

TEST(AwaitedTenants, AreForgottenAfterAMinuteOfWork) {
  AwaitedTenants awaited;
  awaited.note_prompt(1, 100);
  for (int i = 0; i < 59; ++i) awaited.pass(seconds{1});
  EXPECT_TRUE(awaited.shortest_prompt_beside(2));
  awaited.note_prompt(3, 300);
  for (int i = 0; i < 2; ++i) awaited.pass(seconds{1});
  EXPECT_EQ(awaited.shortest_prompt_beside(2), 300U);
}

}  // namespace
}  // namespace minerva::engine
