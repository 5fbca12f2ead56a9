#include "gateway/quarantine.h"

#include <algorithm>
#include <iterator>

namespace minerva::gateway {

std::vector<Quarantine::Id> Quarantine::after_death(std::span<const Inside> inside) {
  std::vector<Id> guilty;
  for (const auto& [id, progressed] : inside) {
    if (progressed) {
      clear(id);
      continue;
    }
    Record& record = records_[id];
    ++record.n_barren;
    record.n_alone = inside.size() == 1 ? record.n_alone + 1 : 0;
    if (record.n_alone >= kGuiltyAt) guilty.push_back(id);
  }
  for (const Id id : guilty) clear(id);
  return guilty;
}

std::uint32_t Quarantine::suspicion(Id id) const {
  const auto found = records_.find(id);
  return found == records_.end() || found->second.n_barren < kSuspectAt ? 0 : found->second.n_barren;
}

bool Quarantine::has_suspects() const {
  return std::ranges::any_of(records_, [](const auto& it) { return it.second.n_barren >= kSuspectAt; });
}

std::vector<Quarantine::Id> Quarantine::admitted(std::span<const Id> waiting,
                                                 std::span<const Inside> inside) {
  std::uint32_t most = 0;
  for (const Id id : waiting) most = std::max(most, suspicion(id));
  const bool on_trial = std::ranges::any_of(
      inside, [this](const Inside& it) { return !it.progressed && suspicion(it.id) > 0; });
  if (on_trial) return {};
  if (most == 0) return {waiting.begin(), waiting.end()};
  std::vector<Id> suspects;
  std::ranges::copy_if(waiting, std::back_inserter(suspects), [&](Id id) { return suspicion(id) == most; });
  suspects.resize((suspects.size() + 1) / 2);
  return suspects;
}

}  // namespace minerva::gateway
