#include "engine/tenant_shares.h"

#include <algorithm>

namespace minerva::engine {

TenantShares::Cost TenantShares::received(std::uint32_t tenant) const {
  const auto known = received_.find(tenant);
  const Cost least = round_ - credit_;
  return known == received_.end() ? least : std::max(known->second, least);
}

void TenantShares::charge(std::uint32_t tenant, Cost cost) {
  const Cost before = received(tenant);
  received_[tenant] = before + cost;
}

void TenantShares::advance(Cost to) {
  round_ = std::max(round_, to);
  std::erase_if(received_, [this](const auto& entry) { return entry.second <= round_ - credit_; });
}

}  // namespace minerva::engine
