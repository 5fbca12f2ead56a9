#pragma once
// The requests that wait for a slot, and who gets the next one.
//
// Higher priority first. Among equals the tenants take turns by deficit round robin (tenant_shares.h) in cost: the prompt's
// tokens to compute and, dearer, the tokens to generate, as many as are to be expected; when it ends its tenant is charged what
// it really took. Within a tenant the order of arrival holds.
//
// Nobody starves: each time that a request of higher priority is let in before one that waits, that one has come closer to a
// higher level itself.
//
// Pure; a value of one owner.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "engine/output_estimate.h"
#include "engine/sequence.h"
#include "engine/tenant_shares.h"

namespace minerva::engine {

class AdmissionQueue {
 public:
  // `n_context`: most tokens of one sequence. `outputs` outlives the queue.
  AdmissionQueue(std::uint32_t n_context, const OutputEstimate& outputs)
      : n_context_{n_context}, outputs_{outputs} {}

  void push(std::unique_ptr<Sequence> sequence);

  // For one that was let in before and set aside: it goes before all others of its tenant and level.
  void push_front(std::unique_ptr<Sequence> sequence);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Takes it out without any charge; null when it does not wait here.
  [[nodiscard]] std::unique_ptr<Sequence> remove(std::uint64_t id);

  // Takes out one that waits here because it is let in: its tenant is charged what it is expected to take.
  [[nodiscard]] std::unique_ptr<Sequence> take(const Sequence& waiting);

  // The order of admission from its beginning, one by one.
  class Walk {
   public:
    explicit Walk(const AdmissionQueue& queue) : queue_{queue} {}

    // Null when all were shown. One that was shown and not taken keeps its place; who comes after it is decided as if it had
    // been taken. Nothing may be pushed meanwhile.
    [[nodiscard]] const Sequence* next();

   private:
    void pass_over(std::int64_t rank);

    const AdmissionQueue& queue_;
    std::optional<std::int64_t> shown_;                     // rank of the last one
    std::vector<std::int64_t> passed_;                      // ranks of those that were not taken
    std::map<std::uint32_t, TenantShares::Cost> promised_;  // what these will cost, by tenant
  };

  // Of each tenant and level the one that comes first, in order of admission. A slot that is taken from another goes to one of
  // these, because all behind them have the same claim to it.
  [[nodiscard]] std::vector<const Sequence*> first_of_each_claim() const;

  // It has ended, wherever it was: its tenant's charge becomes what it really took. Nothing for one that was never let in.
  void settle(Sequence& ended);

 private:
  struct Entry {
    std::unique_ptr<Sequence> sequence;
    std::int64_t rank = 0;  // within a tenant's level, the lower first
  };

  // Comparable: what is less comes first. `promised` to its tenant's others.
  [[nodiscard]] std::tuple<std::int32_t, TenantShares::Cost, std::int64_t> place(
      const Entry& entry, TenantShares::Cost promised = 0) const;
  [[nodiscard]] TenantShares::Cost expected_cost(const Sequence& sequence) const;

  std::uint32_t n_context_;
  const OutputEstimate& outputs_;
  std::vector<Entry> entries_;
  std::int64_t first_rank_ = 0;
  std::int64_t last_rank_ = 0;
  TenantShares shares_;
};

}  // namespace minerva::engine
