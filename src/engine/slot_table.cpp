#include "engine/slot_table.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace minerva::engine {
namespace {

// A shorter prefix is computed faster than it is copied and accounted.
constexpr std::uint32_t kLeastCopied = 16;

SlotId id_of(std::size_t index) { return SlotId{static_cast<std::int32_t>(index)}; }

}  // namespace

std::optional<SlotTable::Placement> SlotTable::place(const TokenPrefix& prompt) const {
  const TokenPrefix reusable = prompt.reusable();
  std::optional<std::size_t> best;       // of all slots
  std::optional<std::size_t> best_free;  // of those that can be taken as they are
  std::vector<std::uint32_t> shared(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    shared[i] = n_shared(slots_[i].prefix(), reusable);
    if (!memory_.cuts && shared[i] < slots_[i].tokens.size()) shared[i] = 0;
    if (!best || shared[i] > shared[*best]) best = i;
    if (!slots_[i].busy && shared[i] > 0 && (!best_free || shared[i] > shared[*best_free])) best_free = i;
  }
  // Taking a slot costs what it holds beyond the shared part. When that is most of it, or an empty slot is there, the other
  // conversation is kept alive by copying the shared part elsewhere.
  const bool has_empty =
      std::ranges::any_of(slots_, [](const Slot& slot) { return !slot.busy && slot.tokens.empty(); });
  const auto costs_little = [&](std::size_t i) {
    const std::size_t n_lost = slots_[i].tokens.size() - shared[i];
    return n_lost < kLeastCopied || (!has_empty && n_lost <= shared[i]);
  };
  const bool take_best_free = best_free && costs_little(*best_free);
  if (take_best_free && shared[*best_free] + kLeastCopied > shared[*best]) {
    return Placement{.slot = id_of(*best_free), .n_reused = shared[*best_free], .copy_from = {}};
  }
  const auto target = cheapest_free(best);
  if (!target) return std::nullopt;
  if (*target == *best || shared[*best] < shared[*target] + kLeastCopied) {
    return Placement{.slot = id_of(*target), .n_reused = shared[*target], .copy_from = {}};
  }
  return Placement{.slot = id_of(*target), .n_reused = shared[*best], .copy_from = id_of(*best)};
}

// An empty slot, else the one used longest ago; `spared` only when there is no other.
std::optional<std::size_t> SlotTable::cheapest_free(std::optional<std::size_t> spared) const {
  std::optional<std::size_t> cheapest;
  const auto cost = [&](std::size_t i) {
    return std::tuple{spared == i, !slots_[i].tokens.empty(), slots_[i].last_used};
  };
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].busy && (!cheapest || cost(i) < cost(*cheapest))) cheapest = i;
  }
  return cheapest;
}

void SlotTable::take(SlotId slot, std::uint32_t space) {
  at(slot).busy = true;
  at(slot).space = space;
}

void SlotTable::release(SlotId slot) {
  at(slot).busy = false;
  at(slot).last_used = ++n_uses_;
}

void SlotTable::append(SlotId slot, std::span<const Token> tokens) {
  at(slot).tokens.insert(at(slot).tokens.end(), tokens.begin(), tokens.end());
  cells_.append(at(slot).cells, tokens.size());
}

void SlotTable::copy(SlotId source, SlotId target, std::uint32_t n) {
  const auto& from = at(source);
  auto& to = at(target);
  to.tokens.assign(from.tokens.begin(), from.tokens.begin() + n);
  cells_.cut(to.cells, 0);
  if (memory_.shares_cells) {
    cells_.share(from.cells, to.cells, n);
  } else {
    cells_.append(to.cells, n);
  }
}

void SlotTable::cut(SlotId slot, std::uint32_t n_kept) {
  at(slot).tokens.resize(n_kept);
  cells_.cut(at(slot).cells, n_kept);
}

std::uint32_t SlotTable::n_free() const {
  return static_cast<std::uint32_t>(std::ranges::count(slots_, false, &Slot::busy));
}

bool SlotTable::elsewhere(SlotId slot) const {
  const auto& own = at(slot);
  return std::ranges::any_of(slots_, [&](const Slot& other) {
    return &other != &own && n_shared(other.prefix(), own.prefix()) == own.tokens.size();
  });
}

std::uint32_t SlotTable::cells_busy() const {
  std::unordered_set<std::uint32_t> cells;
  for (const Slot& slot : slots_) {
    if (slot.busy) cells.insert(slot.cells.begin(), slot.cells.end());
  }
  return static_cast<std::uint32_t>(cells.size());
}

std::uint32_t SlotTable::n_known(const TokenPrefix& prefix) const {
  std::uint32_t most = 0;
  for (const Slot& slot : slots_) most = std::max(most, n_shared(slot.prefix(), prefix));
  return most;
}

std::uint32_t SlotTable::n_shared_busy(const TokenPrefix& prefix) const {
  std::uint32_t most = 0;
  for (const Slot& slot : slots_) {
    if (slot.busy) most = std::max(most, n_shared(slot.prefix(), prefix));
  }
  return most;
}

std::optional<SlotId> SlotTable::oldest_cached() const {
  std::optional<std::size_t> oldest;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.busy || slot.tokens.empty()) continue;
    if (!oldest || slot.last_used < slots_[*oldest].last_used) oldest = i;
  }
  return oldest ? std::optional{id_of(*oldest)} : std::nullopt;
}

}  // namespace minerva::engine
