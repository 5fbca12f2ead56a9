#include "cli/settings/settings_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "cli/settings/setting_values.h"
#include "cli/settings/settings_markdown.h"

namespace minerva::cli {
namespace {

std::vector<std::string> one(std::string text) { return {std::move(text)}; }

TEST(SettingsTable, NamesFlagsAndVariablesAreDistinct) {
  std::set<std::string> seen;
  for (const Setting& setting : settings_table()) {
    for (const std::string& flag : flag_names(setting)) EXPECT_TRUE(seen.insert(flag).second) << flag;
    EXPECT_TRUE(seen.insert(environment_name(setting)).second) << setting.name;
  }
}

TEST(SettingsTable, EachRowSaysWhatItIsForAndCanBeSet) {
  for (const Setting& setting : settings_table()) {
    EXPECT_FALSE(setting.help.empty()) << setting.name;
    EXPECT_FALSE(setting.help.ends_with('.')) << setting.name;
    EXPECT_FALSE(setting.range.empty()) << setting.name;
    EXPECT_NE(setting.set, nullptr) << setting.name;
    EXPECT_EQ(setting.value_name.empty(), setting.shape == SettingShape::kSwitch) << setting.name;
  }
}

TEST(SettingsTable, TheDefaultsShownAreTheDefaultsThatHold) {
  Settings shown;
  for (const Setting& setting : settings_table()) {
    if (setting.default_text.empty() || setting.name == "config") continue;
    EXPECT_TRUE(setting.set(shown, one(std::string{setting.default_text})).has_value()) << setting.name;
  }
  const Settings held;
  EXPECT_EQ(shown.load.n_ctx, held.load.n_ctx);
  EXPECT_EQ(shown.load.n_parallel, held.load.n_parallel);
  EXPECT_EQ(shown.load.n_threads, held.load.n_threads);
  EXPECT_EQ(shown.load.n_batch, held.load.n_batch);
  EXPECT_EQ(shown.load.n_gpu_layers, held.load.n_gpu_layers);
  EXPECT_EQ(shown.load.max_itl_ms, held.load.max_itl_ms);
  EXPECT_EQ(shown.load.reuse_prefixes, held.load.reuse_prefixes);
  EXPECT_EQ(shown.load.flash_attention, held.load.flash_attention);
  EXPECT_EQ(shown.load.cache_type_k, held.load.cache_type_k);
  EXPECT_EQ(shown.load.cache_type_v, held.load.cache_type_v);
  EXPECT_EQ(shown.load.n_gpu_layers_draft, held.load.n_gpu_layers_draft);
  EXPECT_EQ(shown.load.draft_max, held.load.draft_max);
  EXPECT_EQ(shown.load.draft_min, held.load.draft_min);
  EXPECT_EQ(shown.load.draft_p_min, held.load.draft_p_min);
  EXPECT_EQ(shown.load.ignore_memory_check, held.load.ignore_memory_check);
  EXPECT_EQ(shown.host, held.host);
  EXPECT_EQ(shown.port, held.port);
  EXPECT_EQ(shown.drain_timeout, held.drain_timeout);
  EXPECT_EQ(shown.max_queue, held.max_queue);
  EXPECT_EQ(shown.limits.max_body, held.limits.max_body);
  EXPECT_EQ(shown.limits.max_header, held.limits.max_header);
  EXPECT_EQ(shown.limits.max_headers, held.limits.max_headers);
  EXPECT_EQ(shown.limits.max_connections, held.limits.max_connections);
  EXPECT_EQ(shown.limits.header_timeout, held.limits.header_timeout);
  EXPECT_EQ(shown.limits.body_timeout, held.limits.body_timeout);
  EXPECT_EQ(shown.limits.idle_timeout, held.limits.idle_timeout);
  EXPECT_EQ(shown.limits.write_timeout, held.limits.write_timeout);
  EXPECT_EQ(shown.log_level, held.log_level);
}

TEST(SettingsTable, FlagsOfLlamaServerFindTheirSettings) {
  EXPECT_EQ(find_setting_by_flag("-c"), find_setting("ctx-size"));
  EXPECT_EQ(find_setting_by_flag("-np"), find_setting("parallel"));
  EXPECT_EQ(find_setting_by_flag("-ngl"), find_setting("gpu-layers"));
  EXPECT_EQ(find_setting_by_flag("--n-gpu-layers"), find_setting("gpu-layers"));
  EXPECT_EQ(find_setting_by_flag("-md"), find_setting("draft-model"));
  EXPECT_EQ(find_setting_by_flag("--model-draft"), find_setting("draft-model"));
  EXPECT_EQ(find_setting_by_flag("-x"), nullptr);
  EXPECT_EQ(find_setting("nothing"), nullptr);
}

TEST(SettingsTable, TheConfigurationPageIsTheTable) {
  std::ifstream file("docs/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(page, settings_markdown()) << "run: minerva settings --markdown > docs/configuration.md";
}

TEST(SettingValues, WholeNumbersKeepTheirBounds) {
  EXPECT_EQ(parse_whole_number("65535", {.low = 0, .high = 65'535}), 65'535U);
  for (const char* text : {"65536", "-1", "", " 8", "8 ", "1e3", "0x10", "8080.0", "99999999999999999999"}) {
    const auto number = parse_whole_number(text, {.low = 0, .high = 65'535});
    ASSERT_FALSE(number.has_value()) << text;
    EXPECT_THAT(number.error().message, testing::HasSubstr("whole number from 0 to 65535"));
  }
}

TEST(SettingValues, DecimalsKeepTheirBounds) {
  EXPECT_EQ(parse_decimal("0", 0.0, 2.0), 0.0);
  EXPECT_EQ(parse_decimal("0.75", 0.0, 2.0), 0.75);
  for (const char* text : {"2.1", "-0.1", "", "hot", "nan", "inf", "1,5", "1 "}) {
    EXPECT_FALSE(parse_decimal(text, 0.0, 2.0).has_value()) << text;
  }
}

TEST(SettingValues, TimesHaveUnitsAndABound) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(parse_duration("30"), milliseconds{30'000});
  EXPECT_EQ(parse_duration("30s"), milliseconds{30'000});
  EXPECT_EQ(parse_duration("2m"), milliseconds{120'000});
  EXPECT_EQ(parse_duration("24h"), milliseconds{86'400'000});
  for (const char* text : {"25h", "-1s", "s", "", "1 s", "1.5s", "10d", "18446744073709551615h"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(SettingValues, GpuLayersAreAutoAllOrANumber) {
  EXPECT_EQ(parse_flash_attention("off"), wire::FlashAttention::kOff);
  EXPECT_FALSE(parse_flash_attention("maybe").has_value());
  EXPECT_EQ(parse_kv_type("auto"), "");
  EXPECT_EQ(parse_kv_type("iq4_nl"), "iq4_nl");
  EXPECT_FALSE(parse_kv_type("q4_K").has_value());
  EXPECT_EQ(parse_gpu_layers("auto"), wire::kGpuLayersAuto);
  EXPECT_EQ(parse_gpu_layers("all"), wire::kGpuLayersAll);
  EXPECT_EQ(parse_gpu_layers("0"), 0);
  EXPECT_FALSE(parse_gpu_layers("-1").has_value());
  EXPECT_FALSE(parse_gpu_layers("most").has_value());
}

TEST(SettingValues, ListsComeRepeatedOrWithCommas) {
  const std::vector<std::string> given{"CUDA0,CUDA1", "Vulkan0"};
  EXPECT_THAT(parse_list(given).value(), testing::ElementsAre("CUDA0", "CUDA1", "Vulkan0"));
  EXPECT_FALSE(parse_list(one("CUDA0,,CUDA1")).has_value());
  EXPECT_FALSE(parse_list(one("")).has_value());
}

}  // namespace
}  // namespace minerva::cli
