#include "api/access_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace minerva::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AccessKeys keys(const std::vector<std::string>& list) { return AccessKeys::make(list).value(); }

TEST(AccessKeys, LetEverybodyInWhenThereAreNone) {
  EXPECT_TRUE(keys({}).open());
  EXPECT_TRUE(keys({}).check({{"Authorization", "Bearer whatever"}}).has_value());
}

TEST(AccessKeys, HoldExactlyTheKeysTheyWereMadeWith) {
  const AccessKeys made = keys({"alpha", "beta-2"});
  EXPECT_TRUE(made.contains("alpha"));
  EXPECT_TRUE(made.contains("beta-2"));
  for (const char* other : {"", "alph", "alphaa", "Alpha", "blpha", "alphb", "beta-2 "}) {
    EXPECT_FALSE(made.contains(other)) << other;
  }
}

TEST(AccessKeys, TellAKeyFromTheSameKeyWithZerosBehindIt) {
  EXPECT_FALSE(keys({"alpha"}).contains(std::string_view("alpha\0", 6)));
}

TEST(AccessKeys, CompareKeysOfTheFullLength) {
  const std::string longest(AccessKeys::kMaxKeyBytes, 'k');
  EXPECT_TRUE(keys({longest}).contains(longest));
  EXPECT_FALSE(keys({longest}).contains(longest + "k"));
  EXPECT_FALSE(keys({longest}).contains(longest.substr(1)));
}

TEST(AccessKeys, RefuseKeysThatNoHeaderCarries) {
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("ä"), std::string("a\n"),
                                 std::string(AccessKeys::kMaxKeyBytes + 1, 'k')}) {
    const auto made = AccessKeys::make({"fine", bad});
    ASSERT_FALSE(made.has_value()) << bad;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidConfiguration);
    EXPECT_EQ(made.error().field, "api-key");
  }
}

TEST(AccessKeys, ComeAsBearerOrAsApiKeyHeader) {
  const AccessKeys made = keys({"alpha"});
  EXPECT_TRUE(made.check({{"Authorization", "Bearer alpha"}}).has_value());
  EXPECT_TRUE(made.check({{"authorization", "bearer  alpha"}}).has_value());
  EXPECT_TRUE(made.check({{"X-Api-Key", "alpha"}}).has_value());
  EXPECT_TRUE(made.check({{"authorization", "Bearer dummy"}, {"x-api-key", "alpha"}}).has_value());
  EXPECT_FALSE(made.check({{"authorization", "Basic alpha"}}).has_value());
  EXPECT_FALSE(made.check({{"authorization", "alpha"}}).has_value());
}

TEST(AccessKeys, SayWhetherAKeyIsMissingOrWrongAndNeverShowOne) {
  const AccessKeys made = keys({"alpha-secret"});
  const Status none = made.check({});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, ErrorCode::kUnauthorized);
  EXPECT_THAT(none.error().message, HasSubstr("needs an API key"));
  const Status wrong = made.check({{"x-api-key", "guess"}});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, HasSubstr("not one of"));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("guess")));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("alpha")));
}

}  // namespace
}  // namespace minerva::api
