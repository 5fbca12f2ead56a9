#include "api/access_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace minerva::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AccessKeys keys(const std::vector<std::string>& list) {
  std::vector<AccessKey> made;
  for (const std::string& text : list) made.push_back({.text = text});
  return AccessKeys::make(made).value();
}

TEST(AccessKeys, LetEverybodyInWhenThereAreNone) {
  EXPECT_TRUE(keys({}).open());
  EXPECT_TRUE(keys({}).identify({{"Authorization", "Bearer whatever"}}).has_value());
}

TEST(AccessKeys, HoldExactlyTheKeysTheyWereMadeWith) {
  const AccessKeys made = keys({"alpha", "beta-2"});
  EXPECT_NE(made.find("alpha"), nullptr);
  EXPECT_NE(made.find("beta-2"), nullptr);
  for (const char* other : {"", "alph", "alphaa", "Alpha", "blpha", "alphb", "beta-2 "}) {
    EXPECT_EQ(made.find(other), nullptr) << other;
  }
}

TEST(AccessKeys, TellAKeyFromTheSameKeyWithZerosBehindIt) {
  EXPECT_EQ(keys({"alpha"}).find(std::string_view("alpha\0", 6)), nullptr);
}

TEST(AccessKeys, CompareKeysOfTheFullLength) {
  const std::string longest(AccessKeys::kMaxKeyBytes, 'k');
  EXPECT_NE(keys({longest}).find(longest), nullptr);
  EXPECT_EQ(keys({longest}).find(longest + "k"), nullptr);
  EXPECT_EQ(keys({longest}).find(longest.substr(1)), nullptr);
}

TEST(AccessKeys, RefuseKeysThatNoHeaderCarries) {
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("ä"), std::string("a\n"),
                                 std::string(AccessKeys::kMaxKeyBytes + 1, 'k')}) {
    const auto made = AccessKeys::make({{.text = "fine"}, {.text = bad}});
    ASSERT_FALSE(made.has_value()) << bad;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidConfiguration);
    EXPECT_EQ(made.error().field, "api-key");
  }
}

TEST(AccessKeys, ComeAsBearerOrAsApiKeyHeader) {
  const AccessKeys made = keys({"alpha"});
  EXPECT_TRUE(made.identify({{"Authorization", "Bearer alpha"}}).has_value());
  EXPECT_TRUE(made.identify({{"authorization", "bearer  alpha"}}).has_value());
  EXPECT_TRUE(made.identify({{"X-Api-Key", "alpha"}}).has_value());
  EXPECT_TRUE(made.identify({{"authorization", "Bearer dummy"}, {"x-api-key", "alpha"}}).has_value());
  EXPECT_FALSE(made.identify({{"authorization", "Basic alpha"}}).has_value());
  EXPECT_FALSE(made.identify({{"authorization", "alpha"}}).has_value());
}

TEST(AccessKeys, SayWhetherAKeyIsMissingOrWrongAndNeverShowOne) {
  const AccessKeys made = keys({"alpha-secret"});
  const auto none = made.identify({});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, ErrorCode::kUnauthorized);
  EXPECT_THAT(none.error().message, HasSubstr("needs an API key"));
  const auto wrong = made.identify({{"x-api-key", "guess"}});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, HasSubstr("not one of"));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("guess")));
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("alpha")));
}

TEST(AccessKeys, AreOneTenantEachWhateverKeysStandBesideThem) {
  const AccessKeys made =
      AccessKeys::make({{.text = "alpha"}, {.text = "beta", .may_prioritize = true}}).value();
  const Caller alpha = made.identify({{"x-api-key", "alpha"}}).value();
  EXPECT_NE(alpha.tenant, 0U);
  EXPECT_FALSE(alpha.may_prioritize);
  const Caller beta = made.identify({{"authorization", "Bearer beta"}}).value();
  EXPECT_NE(beta.tenant, 0U);
  EXPECT_NE(beta.tenant, alpha.tenant);
  EXPECT_EQ(keys({"gamma", "beta"}).identify({{"x-api-key", "beta"}}).value().tenant, beta.tenant);
  EXPECT_TRUE(beta.may_prioritize);
}

TEST(AccessKeys, WithoutAnyTheLocalUserMaySetPriorities) {
  const Caller anybody = keys({}).identify({}).value();
  EXPECT_EQ(anybody.tenant, 0U);
  EXPECT_TRUE(anybody.may_prioritize);
}

}  // namespace
}  // namespace minerva::api
