#include "cli/settings/settings_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/command_line.h"

namespace minerva::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class SettingsLoaderTest : public testing::Test {
 protected:
  SettingsLoaderTest()
      : home_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(home_);
    fs::create_directories(home_ / "minerva");
    environment_["XDG_CONFIG_HOME"] = home_.string();
  }
  ~SettingsLoaderTest() override { fs::remove_all(home_); }

  void write_config(std::string_view text, const fs::path& name = "minerva/config.toml") {
    std::ofstream(home_ / name) << text;
  }

  Result<Settings> load(std::vector<std::string> arguments) {
    CommandLine line({.name = "minerva test", .summary = "A command.", .examples = "  minerva test\n"});
    line.add_all_settings();
    if (const auto parsed = line.parse(arguments); !parsed) return std::unexpected(parsed.error());
    return load_settings(line.flags(), environment_);
  }

  std::string error_of(std::vector<std::string> arguments) {
    const auto loaded = load(std::move(arguments));
    return loaded ? "no error" : loaded.error().message;
  }

  fs::path home_;
  Environment environment_;
};

TEST_F(SettingsLoaderTest, NothingGivenIsTheDefaults) {
  const auto settings = load({});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->host, "127.0.0.1");
  EXPECT_EQ(settings->port, 8080);
}

TEST_F(SettingsLoaderTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  write_config("port = 1\nparallel = 1\nctx-size = 1024\n");
  environment_["MINERVA_PORT"] = "2";
  environment_["MINERVA_PARALLEL"] = "2";
  const auto settings = load({"--port", "3"});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->port, 3);
  EXPECT_EQ(settings->load.n_parallel, 2U);
  EXPECT_EQ(settings->load.n_ctx, 1024U);
}

TEST_F(SettingsLoaderTest, AListOfAHigherSourceReplacesTheLower) {
  environment_["MINERVA_DEVICE"] = "CUDA0,CUDA1";
  EXPECT_THAT(load({}).value().load.devices, ElementsAre("CUDA0", "CUDA1"));
  EXPECT_THAT(load({"--device", "Vulkan0", "-dev", "Vulkan1"}).value().load.devices,
              ElementsAre("Vulkan0", "Vulkan1"));
}

TEST_F(SettingsLoaderTest, ShortNamesOfLlamaServerWork) {
  const auto settings =
      load({"-m", "a.gguf", "-c", "4096", "-np", "8", "-t", "2", "-ngl", "all", "-b", "256", "-a", "m"});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->model, "a.gguf");
  EXPECT_EQ(settings->load.n_ctx, 4096U);
  EXPECT_EQ(settings->load.n_parallel, 8U);
  EXPECT_EQ(settings->load.n_threads, 2U);
  EXPECT_EQ(settings->load.n_gpu_layers, wire::kGpuLayersAll);
  EXPECT_EQ(settings->load.n_batch, 256U);
  EXPECT_EQ(settings->alias, "m");
}

TEST_F(SettingsLoaderTest, AShortFlagThatBeginsLikeAnotherIsReadWhole) {
  const auto settings = load({"-m", "a.gguf", "-md", "b.gguf", "--draft-max", "4", "--draft-p-min", "0.5"});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->model, "a.gguf");
  EXPECT_EQ(settings->load.draft_model_path, "b.gguf");
  EXPECT_EQ(settings->load.draft_max, 4U);
  EXPECT_FLOAT_EQ(settings->load.draft_p_min, 0.5F);
  EXPECT_THAT(error_of({"--draft-max", "16"}), HasSubstr("from 1 to 15"));
}

TEST_F(SettingsLoaderTest, TheLastOfARepeatedFlagCounts) {
  EXPECT_EQ(load({"--port", "1", "--port=2"}).value().port, 2);
}

TEST_F(SettingsLoaderTest, AFlagTakesOneWordAndLeavesTheNext) {
  EXPECT_EQ(error_of({"--port", "1", "stray"}), "unexpected argument 'stray'; see minerva test --help");
  EXPECT_EQ(error_of({"--device", "none", "stray"}), "unexpected argument 'stray'; see minerva test --help");
}

TEST_F(SettingsLoaderTest, ASwitchNeedsNoValueAndTakesOne) {
  EXPECT_TRUE(load({"--ignore-memory-check"}).value().load.ignore_memory_check);
  EXPECT_FALSE(load({"--ignore-memory-check=false"}).value().load.ignore_memory_check);
}

TEST_F(SettingsLoaderTest, ErrorsNameTheirSource) {
  EXPECT_EQ(error_of({"--port", "99999"}), "--port: '99999' is not a whole number from 0 to 65535");
  environment_["MINERVA_PORT"] = "http";
  EXPECT_EQ(error_of({}), "MINERVA_PORT: 'http' is not a whole number from 0 to 65535");
  environment_.erase("MINERVA_PORT");
  write_config("# a comment\nport = -1\n");
  EXPECT_EQ(error_of({}), (home_ / "minerva/config.toml").string() +
                              " line 2, port: '-1' is not a whole number from 0 to 65535");
}

TEST_F(SettingsLoaderTest, AWrongValueBelowAHigherSourceIsStillAnError) {
  environment_["MINERVA_PORT"] = "http";
  EXPECT_THAT(error_of({"--port", "1"}), HasSubstr("MINERVA_PORT"));
}

TEST_F(SettingsLoaderTest, AnUnknownFlagSuggestsTheNearest) {
  EXPECT_EQ(error_of({"--ctx-sise", "1"}),
            "unknown flag '--ctx-sise'; did you mean '--ctx-size'?; see minerva test --help");
  EXPECT_EQ(error_of({"--paralel=4"}),
            "unknown flag '--paralel'; did you mean '--parallel'?; see minerva test --help");
  EXPECT_EQ(error_of({"serve"}), "unexpected argument 'serve'; see minerva test --help");
  EXPECT_THAT(error_of({"--port"}), HasSubstr("--port"));
}

TEST_F(SettingsLoaderTest, AMistypedVariableSuggestsTheNearestAndOthersAreLeftAlone) {
  environment_["MINERVA_SOMETHING_OF_A_PACKAGER"] = "1";
  EXPECT_TRUE(load({}).has_value());
  environment_["MINERVA_CTX_SIZEE"] = "1024";
  EXPECT_EQ(error_of({}),
            "environment: unknown variable 'MINERVA_CTX_SIZEE'; did you mean 'MINERVA_CTX_SIZE'?");
}

TEST_F(SettingsLoaderTest, TheFileNamedByFlagIsReadInsteadOfTheUsualOne) {
  write_config("port = 1\n");
  write_config("port = 2\n", "other.toml");
  environment_["MINERVA_CONFIG"] = (home_ / "none.toml").string();
  EXPECT_EQ(load({"--config", (home_ / "other.toml").string()}).value().port, 2);
  EXPECT_THAT(error_of({}), HasSubstr("none.toml cannot be read"));
}

TEST_F(SettingsLoaderTest, ARefusedKeyIsNotRepeated) {
  EXPECT_EQ(error_of({"--api-key", "secret,,"}), "--api-key: the value cannot be used");
}

}  // namespace
}  // namespace minerva::cli
