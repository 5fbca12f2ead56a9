#include "engine/awaited_tenants.h"

#include <algorithm>

namespace minerva::engine {
namespace {

constexpr double kNewestWeight = 0.25;

}  // namespace

void AwaitedTenants::note_prompt(std::uint32_t tenant, std::uint32_t n_tokens) {
  Habit& habit =
      habits_.try_emplace(tenant, Habit{.mean_tokens = static_cast<double>(n_tokens)}).first->second;
  habit.mean_tokens += kNewestWeight * (n_tokens - habit.mean_tokens);
  habit.last_seen = now_;
}

void AwaitedTenants::pass(Time step) {
  now_ += step;
  std::erase_if(habits_, [this](const auto& entry) { return now_ - entry.second.last_seen > kRemembered; });
}

std::optional<std::uint32_t> AwaitedTenants::shortest_prompt_beside(std::uint32_t tenant) const {
  std::optional<std::uint32_t> shortest;
  for (const auto& [other, habit] : habits_) {
    const auto n_tokens = static_cast<std::uint32_t>(habit.mean_tokens);
    if (other != tenant) shortest = std::min(shortest.value_or(n_tokens), n_tokens);
  }
  return shortest;
}

}  // namespace minerva::engine
