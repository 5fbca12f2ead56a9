#pragma once
// Who is set aside when there is not enough for all. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace minerva::engine {

// A request that holds a slot, or wants one.
struct Claim {
  std::uint32_t tenant = 0;
  std::int32_t priority = 0;
  std::uint64_t arrival = 0;  // later ones have larger numbers
};

// KV memory ran out: of the lowest priority the one that came last. Nothing when there is one alone: that would not help.
[[nodiscard]] std::optional<std::size_t> victim_of_exhaustion(std::span<const Claim> holders);

// Every slot is taken: a holder of lower priority than the newcomer, the lowest and of those the one that came last; else the
// last of the tenant that holds most, when that is at least two more than the newcomer's tenant holds: afterwards nobody has a
// claim to have it back.
[[nodiscard]] std::optional<std::size_t> victim_for(const Claim& newcomer, std::span<const Claim> holders);

}  // namespace minerva::engine
