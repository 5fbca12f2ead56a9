#pragma once
// What a plan gives each sequence of the snapshot, by its index there.

#include <cstddef>
#include <cstdint>
#include <map>

#include "engine/scheduler.h"

namespace minerva::engine {

inline std::map<std::size_t, std::uint32_t> shares(const BatchPlan& plan) {
  std::map<std::size_t, std::uint32_t> by_index;
  for (const auto& share : plan.shares) by_index[share.index] += share.n_tokens;
  return by_index;
}

}  // namespace minerva::engine
