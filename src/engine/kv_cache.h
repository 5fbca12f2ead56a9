#pragma once
// The KV memory of the engine's slots: the table of what each holds, the backend that holds it, and the tiers behind them in
// host memory and on disk, kept in step.
//
// Threads: one thread calls everything. The backend must outlive the cache. What the model's memory refuses (cutting,
// copying, restoring) costs computing again and is never an error.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/prefix_files.h"
#include "engine/prefix_store.h"
#include "engine/slot_table.h"
#include "inference/inference_backend.h"

namespace minerva::engine {

struct KvCacheOptions {
  bool reuses = true;             // false: every prompt gets an empty slot, and nothing is kept
  std::uint64_t store_bytes = 0;  // host memory for prefixes whose slot was needed; 0: none
  std::unique_ptr<PrefixFiles> files = nullptr;  // null: none; they need some host memory
};

class KvCache {
 public:
  KvCache(inference::InferenceBackend& backend, KvCacheOptions options);

  struct Opened {
    SlotId slot{};
    std::uint32_t n_computed = 0;  // tokens of the prompt that the slot holds; less than the prompt
    wire::PrefixTier tier = wire::PrefixTier::kNone;  // where they were found
  };
  // Gives the prompt a slot that holds as much of its beginning as is found anywhere, and nothing else. A slot must be
  // free.
  [[nodiscard]] Opened open(const TokenPrefix& prompt);
  // Where the model's memory cannot be cut, prefixes are found only where they were kept as they were: checkpoints, in host
  // memory. That costs a copy of the slot's state each, so they are made where they will be of use.
  [[nodiscard]] bool needs_checkpoints() const { return !cuts_ && store_.max_bytes() > 0; }
  // Where the prompt parts from what is or was known here: others may part from it there too. 0: nowhere.
  [[nodiscard]] std::uint32_t branch_of(const TokenPrefix& prompt) const;
  // Keeps what the slot holds now.
  void checkpoint(SlotId slot);

  // The slot is free again; what it holds stays, to be found.
  void close(SlotId slot);
  // The slot is free and empty; what it held is found in host memory, if there is room for it.
  void give_up(SlotId slot);

  // Whether a file has so much more of the prompt than the slots and host memory that it is being read: ask again then.
  [[nodiscard]] bool is_coming(const TokenPrefix& prompt);
  // Waits for one that is.
  void await_coming();

  // Slots that were closed and have something for a file.
  [[nodiscard]] bool has_unsaved() const { return !unsaved_.empty(); }
  // Saves one of them; one that would hold up others for long only while nothing else is to be done.
  void save_one(bool at_leisure);

  // These tokens of the slot's sequence were computed.
  void append(SlotId slot, std::span<const Token> tokens) { slots_.append(slot, tokens); }

  // The backend computed more of the slot's sequence than was appended: it is to forget that. False, and the slot empty,
  // where the model's memory refuses.
  [[nodiscard]] bool trim(SlotId slot);

  // What the slot holds is not known any more.
  void forget(SlotId slot);

  // Empties the free slot that was used longest ago. False when no free slot holds anything.
  [[nodiscard]] bool give_up_oldest();

  [[nodiscard]] std::uint32_t n_free_slots() const { return slots_.n_free(); }
  [[nodiscard]] std::uint32_t cells_used() const { return slots_.cells_used(); }
  // Those that running sequences hold.
  [[nodiscard]] std::uint32_t cells_busy() const { return slots_.cells_busy(); }
  [[nodiscard]] std::uint64_t store_bytes() const { return store_.n_bytes(); }
  [[nodiscard]] std::uint64_t files_bytes() const { return files_ ? files_->n_bytes() : 0; }

  // Tokens of the prompt that open() would find in a slot.
  [[nodiscard]] std::uint32_t n_found(const TokenPrefix& prompt) const;
  // Of these, such as running sequences hold.
  [[nodiscard]] std::uint32_t n_found_busy(const TokenPrefix& prompt) const {
    return slots_.n_shared_busy(findable(prompt).reusable());
  }
  // Whether a prefix that one slot computes can serve another: as a copy, as far as the last attempt showed, or as a checkpoint.
  [[nodiscard]] bool shares_prefixes() const {
    return reuses_ && (cuts_ ? copies_work_ : needs_checkpoints());
  }

 private:
  [[nodiscard]] std::uint32_t prepare(const SlotTable::Placement& placement);
  [[nodiscard]] std::optional<wire::PrefixTier> restore(SlotId slot, const TokenPrefix& prompt,
                                                        std::uint32_t n_reused);
  void set_aside(SlotId slot, std::uint32_t n_kept);
  [[nodiscard]] std::shared_ptr<const StoredPrefix> copy_of(SlotId slot);
  [[nodiscard]] bool is_worth_a_file(const TokenPrefix& prefix) const;
  void cut(SlotId slot, std::uint32_t n_kept);

  // The part of a prompt that may be found: none where nothing is reused.
  [[nodiscard]] TokenPrefix findable(const TokenPrefix& prompt) const {
    return {.tokens = prompt.tokens.first(reuses_ ? prompt.tokens.size() : 0), .space = prompt.space};
  }

  inference::InferenceBackend& backend_;
  const bool reuses_;
  const bool cuts_;
  SlotTable slots_;
  PrefixStore store_;
  std::unique_ptr<PrefixFiles> files_;
  struct Unsaved {
    SlotId slot{};
    bool needs_leisure = false;
  };
  std::vector<Unsaved> unsaved_;
  std::vector<std::weak_ptr<const StoredPrefix>> fetched_;  // read from files into store_, and not used yet
  bool copies_work_ = true;
};

}  // namespace minerva::engine
