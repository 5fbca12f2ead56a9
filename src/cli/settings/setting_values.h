#pragma once
// From a setting's text to its value. The errors say what would be right; the loader adds where the text came from.
//
// Threads: pure.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/settings/setting.h"

namespace minerva::cli {

struct NumberRange {
  std::uint64_t low;
  std::uint64_t high;
};

[[nodiscard]] Result<std::uint64_t> parse_whole_number(std::string_view text, NumberRange range);

// The same, or "auto", which is `automatic`.
[[nodiscard]] Result<std::uint64_t> parse_number_or_auto(std::string_view text, NumberRange range,
                                                         std::uint64_t automatic);

// A decimal number from `low` to `high`: "0.7".
[[nodiscard]] Result<double> parse_decimal(std::string_view text, double low, double high);

// "true" and "false".
[[nodiscard]] Result<bool> parse_switch(std::string_view text);

// Whether it is unified: "unified" or "streams".
[[nodiscard]] Result<bool> parse_kv_layout(std::string_view text);

// "auto", "on" or "off".
[[nodiscard]] Result<wire::FlashAttention> parse_flash_attention(std::string_view text);
[[nodiscard]] Result<wire::SandboxMode> parse_sandbox(std::string_view text);

// One of wire::kKvTypes; empty for "auto".
[[nodiscard]] Result<std::string> parse_kv_type(std::string_view text);

// Whether to draft: "ngram-simple" or "none".
[[nodiscard]] Result<bool> parse_spec_type(std::string_view text);

// "500ms", "30s", "2m"; a number alone is seconds. At most a day.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "auto", "all" or a number, as wire::LoadOptions has them.
[[nodiscard]] Result<std::int32_t> parse_gpu_layers(std::string_view text);

// All items of all values: each may hold several with commas between them. Empty items are an error.
[[nodiscard]] Result<std::vector<std::string>> parse_list(SettingValues values);

}  // namespace minerva::cli
