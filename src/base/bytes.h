#pragma once
// Sizes in bytes as a type, and their text for people ("3.9 GiB") and from people ("512M", "2GiB").

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva {

struct Bytes {
  std::uint64_t value = 0;

  friend auto operator<=>(const Bytes&, const Bytes&) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return {a.value + b.value}; }
  constexpr Bytes& operator+=(Bytes other) { return value += other.value, *this; }
};

inline constexpr Bytes kKiB{1024};
inline constexpr Bytes kMiB{1024 * 1024};
inline constexpr Bytes kGiB{1024 * 1024 * 1024};

// Binary units with one decimal place from KiB upwards: "512 B", "1.5 GiB".
[[nodiscard]] std::string to_string(Bytes bytes);

// A whole number with an optional unit K, M, G, T (binary; "KiB", "kb" and such mean the same).
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);

}  // namespace minerva
