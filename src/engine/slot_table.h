#pragma once
// Which tokens' KV each slot holds, and where a new prompt is best put. Pure bookkeeping: whoever owns it makes the
// backend do the same. A slot whose sequence ended keeps its tokens, so that a prompt that begins with them is spared
// that part. Every token is compared; nothing is decided by a hash.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/kv_cells.h"
#include "engine/token_prefix.h"
#include "inference/inference_backend.h"

namespace minerva::engine {

using inference::SlotId;

class SlotTable {
 public:
  struct Memory {
    bool shares_cells = false;  // a copied prefix takes no cells of its own
    bool cuts = true;           // a part of what a slot holds can be reused; otherwise all of it or nothing
  };
  SlotTable(std::uint32_t n_slots, Memory memory) : slots_(n_slots), memory_{memory} {}

  // Where to put a prompt: keep the first n_reused tokens of `slot`, or, when `copy_from` is set, empty `slot` and copy
  // the first n_reused tokens of that other slot. n_reused is less than the prompt: its last token is always computed.
  struct Placement {
    SlotId slot{};
    std::uint32_t n_reused = 0;
    std::optional<SlotId> copy_from;
  };
  // Nothing when every slot is busy. Changes nothing.
  [[nodiscard]] std::optional<Placement> place(const TokenPrefix& prompt) const;

  // The slot's tokens, kept or to come, are of this space.
  void take(SlotId slot, std::uint32_t space);
  void release(SlotId slot);  // its tokens stay

  // What the slot holds, kept in step with the backend.
  void append(SlotId slot, std::span<const Token> tokens);
  void copy(SlotId source, SlotId target, std::uint32_t n);
  void cut(SlotId slot, std::uint32_t n_kept);

  [[nodiscard]] std::span<const Token> tokens(SlotId slot) const { return at(slot).tokens; }
  [[nodiscard]] std::uint32_t n_free() const;
  // Whether another slot's tokens begin with all of this one's.
  [[nodiscard]] bool elsewhere(SlotId slot) const;
  [[nodiscard]] TokenPrefix prefix(SlotId slot) const { return at(slot).prefix(); }
  [[nodiscard]] std::uint32_t cells_used() const { return cells_.n_used(); }

  // Of these, the ones of busy slots.
  [[nodiscard]] std::uint32_t cells_busy() const;
  // Tokens of the longest beginning of the prefix that any slot holds, reusable or not.
  [[nodiscard]] std::uint32_t n_known(const TokenPrefix& prefix) const;
  // The longest beginning of the prefix that a busy slot holds.
  [[nodiscard]] std::uint32_t n_shared_busy(const TokenPrefix& prefix) const;

  // The free slot with tokens that was used longest ago: the first to give up.
  [[nodiscard]] std::optional<SlotId> oldest_cached() const;

 private:
  struct Slot {
    std::vector<Token> tokens;
    KvCells::Row cells;
    std::uint32_t space = 0;
    bool busy = false;
    std::uint64_t last_used = 0;  // 0: never

    [[nodiscard]] TokenPrefix prefix() const { return {.tokens = tokens, .space = space}; }
  };
  [[nodiscard]] Slot& at(SlotId slot) { return slots_[static_cast<std::size_t>(slot.value)]; }
  [[nodiscard]] const Slot& at(SlotId slot) const { return slots_[static_cast<std::size_t>(slot.value)]; }
  [[nodiscard]] std::optional<std::size_t> cheapest_free(std::optional<std::size_t> spared) const;

  std::vector<Slot> slots_;
  KvCells cells_;
  Memory memory_;
  std::uint64_t n_uses_ = 0;
};

}  // namespace minerva::engine
