#include "base/bytes.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace minerva {
namespace {

constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};

// The power of 1024 that a unit's text stands for, or -1.
int unit_power(std::string_view unit) {
  if (unit.empty()) return 0;
  const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(unit.front())));
  if (letter == 'B') return unit.size() == 1 ? 0 : -1;
  const auto power = std::string_view{"KMGT"}.find(letter);
  if (power == std::string_view::npos) return -1;
  const auto rest = unit.substr(1);
  const bool known = rest.empty() || rest == "B" || rest == "b" || rest == "iB" || rest == "ib";
  return known ? static_cast<int>(power) + 1 : -1;
}

}  // namespace

std::string to_string(Bytes bytes) {
  auto scaled = static_cast<double>(bytes.value);
  std::size_t unit = 0;
  while (scaled >= 1024.0 && unit + 1 < kUnits.size()) {
    scaled /= 1024.0;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes.value) : fmt::format("{:.1f} {}", scaled, kUnits.at(unit));
}

Result<Bytes> parse_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const int power = error == std::errc{}
                        ? unit_power({end, static_cast<std::size_t>(text.data() + text.size() - end)})
                        : -1;
  if (power < 0 || number > (std::numeric_limits<std::uint64_t>::max() >> (10 * power))) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("'{}' is not a size; write for example 512M or 2G", text));
  }
  return Bytes{number << (10 * power)};
}

}  // namespace minerva
