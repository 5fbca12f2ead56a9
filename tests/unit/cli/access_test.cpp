#include "cli/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace minerva::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string write_keys(std::string_view text, mode_t mode) {
  const auto path = std::filesystem::path(testing::TempDir()) /
                    testing::UnitTest::GetInstance()->current_test_info()->name();
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path.string();
}

std::vector<std::string> texts(const std::vector<api::AccessKey>& keys) {
  std::vector<std::string> list;
  for (const api::AccessKey& key : keys) list.push_back(key.text);
  return list;
}

TEST(KeyFile, TakesOneKeyALineWithoutComments) {
  const auto file = read_key_file(write_keys("# keys\n\n  first \r\nsecond\n", 0600));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_THAT(texts(file->keys), ElementsAre("first", "second"));
  EXPECT_EQ(file->warning, "");
}

TEST(KeyFile, MarksTheKeysThatMaySetPriorities) {
  const auto file = read_key_file(write_keys("plain\nurgent \t priority \r\n", 0600));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_THAT(texts(file->keys), ElementsAre("plain", "urgent"));
  EXPECT_FALSE(file->keys[0].may_prioritize);
  EXPECT_TRUE(file->keys[1].may_prioritize);
}

TEST(KeyFile, WithAnotherWordBehindAKeyIsRefusedWithoutShowingIt) {
  const auto file = read_key_file(write_keys("fine\nkey-of-mine prioritary\n", 0600));
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().message, HasSubstr("line 2"));
  EXPECT_THAT(file.error().message, testing::Not(HasSubstr("key-of-mine")));
}

TEST(Keys, GivenTwiceAreOneKeyWithTheRightsOfBoth) {
  std::vector<api::AccessKey> keys;
  add_key(keys, {.text = "one"});
  add_key(keys, {.text = "two"});
  add_key(keys, {.text = "one", .may_prioritize = true});
  add_key(keys, {.text = "one"});
  EXPECT_THAT(texts(keys), ElementsAre("one", "two"));
  EXPECT_TRUE(keys[0].may_prioritize);
  EXPECT_FALSE(keys[1].may_prioritize);
}

TEST(KeyFile, WarnsWhenEverybodyMayReadIt) {
  EXPECT_THAT(read_key_file(write_keys("k\n", 0644)).value().warning, HasSubstr("chmod 600"));
}

TEST(KeyFile, WithoutAKeyOrWithoutAFileIsRefused) {
  EXPECT_THAT(read_key_file(write_keys("# none\n", 0600)).error().message, HasSubstr("no key in it"));
  EXPECT_THAT(read_key_file("/nonexistent/keys").error().message, HasSubstr("cannot be read"));
  EXPECT_THAT(read_key_file(testing::TempDir()).error().message, HasSubstr("cannot be read"));
}

TEST(Loopback, IsWhatOnlyThisMachineReaches) {
  for (const char* host : {"127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host :
       {"0.0.0.0", "::", "192.168.1.5", "128.0.0.1", "example.org", "127.0.0.1.example.org", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(Exposure, NeedsAKeyBeyondLoopback) {
  EXPECT_TRUE(check_exposure("127.0.0.1", false).has_value());
  EXPECT_TRUE(check_exposure("0.0.0.0", true).has_value());
  const Status refused = check_exposure("0.0.0.0", false);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_THAT(refused.error().message, HasSubstr("--api-key-file"));
  EXPECT_THAT(refused.error().message, HasSubstr("--host 127.0.0.1"));
}

}  // namespace
}  // namespace minerva::cli
