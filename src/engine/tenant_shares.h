#pragma once
// What each tenant has received of something that all share, so that the one that has received least comes first.
//
// This is deficit round robin with rounds as short as they can be (start-time fair queueing; Goyal, Vin and Cheng, 1996): the
// round stands where the least served of those that wanted something stood when it was last served. A tenant that comes
// back from silence joins the round there, so that it has saved nothing up, but for `credit`; what it took before is
// forgotten as far as the round has passed it.
//
// Pure; a value of one owner. Costs are in any unit of the owner's.

#include <cstddef>
#include <cstdint>
#include <map>

namespace minerva::engine {

class TenantShares {
 public:
  using Cost = std::int64_t;

  // `credit`: how far behind the round a tenant may be, which is what it may take before all others after a silence.
  explicit TenantShares(Cost credit = 0) : credit_{credit} {}

  // Comparable among tenants at one moment; the number itself means nothing.
  [[nodiscard]] Cost received(std::uint32_t tenant) const;

  // Negative when less was taken than an earlier charge said.
  void charge(std::uint32_t tenant, Cost cost);

  // The least served of those that wanted something has received so much; never goes back.
  void advance(Cost to);

  // Tenants that are remembered: those in front of the round and, at most `credit`, behind it.
  [[nodiscard]] std::size_t n_tenants() const { return received_.size(); }

 private:
  Cost credit_;
  Cost round_ = 0;
  std::map<std::uint32_t, Cost> received_;
};

}  // namespace minerva::engine
