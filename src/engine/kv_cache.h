#pragma once
// The KV memory of the engine's slots: the table of what each holds, the backend that holds it, and the host-memory tier
// behind them, kept in step.
//
// Threads: one thread calls everything. The backend must outlive the cache. What the model's memory refuses (cutting,
// copying, restoring) costs computing again and is never an error.

#include <cstdint>
#include <optional>
#include <span>

#include "engine/prefix_store.h"
#include "engine/slot_table.h"
#include "inference/inference_backend.h"

namespace minerva::engine {

class KvCache {
 public:
  // store_bytes: host memory for prefixes whose slot was needed; 0: none.
  KvCache(inference::InferenceBackend& backend, std::uint32_t n_slots, std::uint64_t store_bytes);

  struct Opened {
    SlotId slot{};
    std::uint32_t n_computed = 0;  // tokens of the prompt that the slot holds; less than the prompt
  };
  // Gives the prompt a slot that holds as much of its beginning as is found anywhere, and nothing else. A slot must be
  // free.
  [[nodiscard]] Opened open(std::span<const Token> prompt);
  // The slot is free again; what it holds stays, to be found.
  void close(SlotId slot) { slots_.release(slot); }

  // These tokens of the slot's sequence were computed.
  void append(SlotId slot, std::span<const Token> tokens) { slots_.append(slot, tokens); }

  // What the slot holds is not known any more.
  void forget(SlotId slot);

  // Empties the free slot that was used longest ago. False when no free slot holds anything.
  [[nodiscard]] bool give_up_oldest();

  [[nodiscard]] std::uint32_t n_free_slots() const { return slots_.n_free(); }
  [[nodiscard]] std::uint32_t cells_used() const { return slots_.cells_used(); }

  // Tokens of the prompt that open() would find in a slot.
  [[nodiscard]] std::uint32_t n_found(std::span<const Token> prompt) const;
  // Whether a slot can take a prefix from another, as the last attempt showed.
  [[nodiscard]] bool copies_work() const { return copies_work_; }

 private:
  [[nodiscard]] std::uint32_t prepare(const SlotTable::Placement& placement);
  [[nodiscard]] bool restore(SlotId slot, std::span<const Token> prompt, std::uint32_t n_reused);
  void set_aside(SlotId slot, std::uint32_t n_kept);
  void cut(SlotId slot, std::uint32_t n_kept);

  inference::InferenceBackend& backend_;
  SlotTable slots_;
  PrefixStore store_;
  bool copies_work_ = true;
};

}  // namespace minerva::engine
