#include "engine/preemption.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace minerva::engine {
namespace {

// What comes first goes first.
auto standing(const Claim& claim) { return std::tuple{claim.priority, ~claim.arrival}; }

std::size_t lowest(std::span<const Claim> holders) {
  const auto it = std::ranges::min_element(holders, std::less{}, standing);
  return static_cast<std::size_t>(it - holders.begin());
}

}  // namespace

std::optional<std::size_t> victim_of_exhaustion(std::span<const Claim> holders) {
  if (holders.size() < 2) return std::nullopt;
  return lowest(holders);
}

std::optional<std::size_t> victim_for(const Claim& newcomer, std::span<const Claim> holders) {
  if (holders.empty()) return std::nullopt;
  const std::size_t low = lowest(holders);
  if (holders[low].priority < newcomer.priority) return low;
  std::map<std::uint32_t, std::size_t> n_held;
  for (const Claim& holder : holders) ++n_held[holder.tenant];
  std::optional<std::size_t> victim;
  const auto rank = [&](std::size_t i) {
    return std::tuple{n_held[holders[i].tenant], ~holders[i].priority, holders[i].arrival};
  };
  for (std::size_t i = 0; i < holders.size(); ++i) {
    const bool may =
        holders[i].priority <= newcomer.priority && n_held[holders[i].tenant] >= n_held[newcomer.tenant] + 2;
    if (may && (!victim || rank(i) > rank(*victim))) victim = i;
  }
  return victim;
}

}  // namespace minerva::engine
