#include "cli/settings/settings_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace minerva::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto parsed = parse_settings_text(text, "FILE");
  return parsed ? "no error" : parsed.error().message;
}

TEST(SettingsFile, TextsNumbersTruthsAndArraysAreTaken) {
  const auto parsed = parse_settings_text(
      "model = \"a.gguf\"\nctx-size = 4096\nignore-memory-check = true\ndevice = [\"CUDA0\", \"CUDA1\"]\n",
      "FILE");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  std::map<std::string, std::vector<std::string>> values;
  for (const Assignment& assignment : *parsed)
    values[std::string{assignment.setting->name}] = assignment.values;
  EXPECT_THAT(values["model"], ElementsAre("a.gguf"));
  EXPECT_THAT(values["ctx-size"], ElementsAre("4096"));
  EXPECT_THAT(values["ignore-memory-check"], ElementsAre("true"));
  EXPECT_THAT(values["device"], ElementsAre("CUDA0", "CUDA1"));
}

TEST(SettingsFile, AnUnknownKeyIsNamedWithItsLineAndTheNearestKey) {
  EXPECT_EQ(error_of("# mine\n\nctx_sizee = 4096\n"),
            "FILE line 3: unknown key 'ctx_sizee'; did you mean 'ctx-size'?");
  EXPECT_EQ(error_of("colour = 1"), "FILE line 1: unknown key 'colour'");
}

TEST(SettingsFile, ABrokenLineIsNamed) {
  EXPECT_THAT(error_of("port = 8080\nmodel = \"unfinished\n"), HasSubstr("FILE line 2: "));
  EXPECT_THAT(error_of("port = 1\nport = 2\n"), HasSubstr("FILE line 2: "));
}

TEST(SettingsFile, SectionsDatesAndArraysOfOneValueSettingsAreRefused) {
  EXPECT_EQ(error_of("[server]\nport = 1\n"), "FILE line 1: settings have no sections such as [server]");
  EXPECT_EQ(error_of("port = [1, 2]\n"), "FILE line 1, port: the value must be 0 to 65535");
  EXPECT_THAT(error_of("device = [[\"a\"]]\n"), HasSubstr("FILE line 1, device: the value must be"));
  EXPECT_THAT(error_of("drain-timeout = 2026-01-01\n"), HasSubstr("FILE line 1, drain-timeout"));
}

TEST(SettingsFile, TheFileCannotNameAnotherFile) {
  EXPECT_THAT(error_of("config = \"other.toml\"\n"), HasSubstr("unknown key 'config'"));
}

TEST(SettingsFile, AMissingFileIsAnErrorThatNamesIt) {
  const auto read = read_settings_file("/nonexistent/minerva.toml");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_THAT(read.error().message, HasSubstr("/nonexistent/minerva.toml"));
}

}  // namespace
}  // namespace minerva::cli
