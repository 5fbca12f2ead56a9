#include "cli/settings/setting_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>

namespace minerva::cli {
namespace {

// The number at the start of `text` and what follows it; nothing when there is none or it is too large.
struct LeadingNumber {
  std::uint64_t value = 0;
  std::string_view rest;
};
std::optional<LeadingNumber> leading_number(std::string_view text) {
  LeadingNumber number;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, number.value);
  if (error != std::errc{}) return std::nullopt;
  number.rest = {stop, static_cast<std::size_t>(end - stop)};
  return number;
}

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::kInvalidConfiguration, std::move(message));
}

template <typename Mode>
Result<Mode> parse_mode(std::string_view text) {
  if (text == "auto") return Mode::kAuto;
  if (text == "on") return Mode::kOn;
  if (text == "off") return Mode::kOff;
  return refuse(fmt::format("'{}' is not auto, on or off", text));
}

}  // namespace

Result<std::uint64_t> parse_whole_number(std::string_view text, NumberRange range) {
  const auto number = leading_number(text);
  if (!number || !number->rest.empty() || number->value < range.low || number->value > range.high) {
    return refuse(fmt::format("'{}' is not a whole number from {} to {}", text, range.low, range.high));
  }
  return number->value;
}

Result<std::uint64_t> parse_number_or_auto(std::string_view text, NumberRange range,
                                           std::uint64_t automatic) {
  if (text == "auto") return automatic;
  const auto number = parse_whole_number(text, range);
  if (!number)
    return refuse(
        fmt::format("'{}' is neither auto nor a whole number from {} to {}", text, range.low, range.high));
  return number;
}

Result<double> parse_decimal(std::string_view text, double low, double high) {
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(std::to_address(text.begin()), end, number);
  // Not a number compares false with everything.
  if (error != std::errc{} || stop != end || !(number >= low && number <= high)) {
    return refuse(fmt::format("'{}' is not a number from {} to {}", text, low, high));
  }
  return number;
}

Result<bool> parse_switch(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return refuse(fmt::format("'{}' is neither true nor false", text));
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::chrono::milliseconds length;
  };
  constexpr std::array<Unit, 5> kUnits{{{"ms", std::chrono::milliseconds{1}},
                                        {"", std::chrono::seconds{1}},
                                        {"s", std::chrono::seconds{1}},
                                        {"m", std::chrono::minutes{1}},
                                        {"h", std::chrono::hours{1}}}};
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours{24};
  if (const auto number = leading_number(text)) {
    for (const Unit& unit : kUnits) {
      if (number->rest != unit.name) continue;
      if (number->value > static_cast<std::uint64_t>(kLongest / unit.length)) break;
      return unit.length * static_cast<std::int64_t>(number->value);
    }
  }
  return refuse(fmt::format("'{}' is not a time of at most a day; write for example 500ms, 30s or 2m", text));
}

Result<std::int32_t> parse_gpu_layers(std::string_view text) {
  if (text == "auto") return wire::kGpuLayersAuto;
  if (text == "all") return wire::kGpuLayersAll;
  const auto number = parse_whole_number(text, {.low = 0, .high = 10'000});
  if (!number) return refuse(fmt::format("'{}' is not auto, all or a whole number from 0 to 10000", text));
  return static_cast<std::int32_t>(*number);
}

Result<bool> parse_kv_layout(std::string_view text) {
  if (text == "unified") return true;
  if (text == "streams") return false;
  return refuse(fmt::format("'{}' is neither streams nor unified", text));
}

Result<wire::FlashAttention> parse_flash_attention(std::string_view text) {
  return parse_mode<wire::FlashAttention>(text);
}

Result<wire::SandboxMode> parse_sandbox(std::string_view text) { return parse_mode<wire::SandboxMode>(text); }

Result<std::string> parse_kv_type(std::string_view text) {
  if (text == "auto") return std::string{};
  if (std::ranges::contains(wire::kKvTypes, text)) return std::string{text};
  return refuse(fmt::format("'{}' is not auto or one of {}", text, fmt::join(wire::kKvTypes, ", ")));
}

Result<bool> parse_spec_type(std::string_view text) {
  if (text == "ngram-simple") return true;
  if (text == "none") return false;
  return refuse(fmt::format("'{}' is neither ngram-simple nor none", text));
}

Result<std::vector<std::string>> parse_list(SettingValues values) {
  std::vector<std::string> items;
  for (const std::string& value : values) {
    if (value.empty()) return refuse("the value is empty");
    for (const auto part : std::views::split(value, ',')) {
      if (part.empty()) return refuse("an item of the list is empty");
      items.emplace_back(part.begin(), part.end());
    }
  }
  return items;
}

}  // namespace minerva::cli
