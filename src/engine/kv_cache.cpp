#include "engine/kv_cache.h"

#include <cassert>
#include <utility>

namespace minerva::engine {
namespace {

// A shorter prefix is computed sooner than it goes to host memory and back.
constexpr std::uint32_t kLeastStored = 64;

}  // namespace

KvCache::KvCache(inference::InferenceBackend& backend, std::uint32_t n_slots, std::uint64_t store_bytes)
    : backend_{backend}, slots_{n_slots}, store_{store_bytes} {}

KvCache::Opened KvCache::open(std::span<const Token> prompt) {
  const auto placement = slots_.place(prompt);
  assert(placement && "a sequence starts only when a slot is free");
  const SlotId slot = placement->slot;
  // The last token is always computed: its logits are what is wanted.
  const bool restored = restore(slot, prompt.first(prompt.size() - 1), placement->n_reused);
  const std::uint32_t n_computed =
      restored ? static_cast<std::uint32_t>(slots_.tokens(slot).size()) : prepare(*placement);
  slots_.take(slot);
  return {.slot = slot, .n_computed = n_computed};
}

void KvCache::forget(SlotId slot) {
  slots_.cut(slot, 0);
  (void)backend_.remove_from(slot, 0);
}

bool KvCache::give_up_oldest() {
  const auto oldest = slots_.oldest_cached();
  if (!oldest) return false;
  set_aside(*oldest, 0);
  cut(*oldest, 0);
  return true;
}

std::uint32_t KvCache::n_found(std::span<const Token> prompt) const {
  const auto placement = slots_.place(prompt);
  return placement ? placement->n_reused : 0;
}

// Makes backend and table hold the placement's prefix and nothing else; less of it where the model's memory refuses.
std::uint32_t KvCache::prepare(const SlotTable::Placement& placement) {
  const auto& [slot, n_reused, source] = placement;
  const std::uint32_t n_kept = source ? 0 : n_reused;
  set_aside(slot, n_kept);
  cut(slot, n_kept);
  if (source) {
    copies_work_ = backend_.copy_prefix(*source, slot, static_cast<std::int32_t>(n_reused));
    if (copies_work_) slots_.append(slot, slots_.tokens(*source).first(n_reused));
  }
  return static_cast<std::uint32_t>(slots_.tokens(slot).size());
}

// Takes the prompt's beginning from host memory when that has so much more of it than the slots that it is worth while.
bool KvCache::restore(SlotId slot, std::span<const Token> prompt, std::uint32_t n_reused) {
  const auto stored = store_.find(prompt);
  if (!stored || stored->n_shared < n_reused + kLeastStored) return false;
  set_aside(slot, 0);
  cut(slot, 0);
  if (!backend_.restore(slot, stored->entry->state)) return false;
  slots_.append(slot, stored->entry->tokens);
  cut(slot, stored->n_shared);
  return true;
}

// Before a slot is cut to n_kept tokens: what it holds goes to host memory, unless that has it, or another slot does.
void KvCache::set_aside(SlotId slot, std::uint32_t n_kept) {
  const auto tokens = slots_.tokens(slot);
  if (tokens.size() < n_kept + kLeastStored || slots_.elsewhere(slot) ||
      !store_.wants(tokens, backend_.state_size(slot)))
    return;
  if (auto state = backend_.state(slot); !state.empty()) store_.put(tokens, std::move(state));
}

// Cuts the slot to its first tokens; to none where the model's memory refuses.
void KvCache::cut(SlotId slot, std::uint32_t n_kept) {
  if (n_kept >= slots_.tokens(slot).size()) return;
  const bool is_cut = backend_.remove_from(slot, static_cast<std::int32_t>(n_kept));
  slots_.cut(slot, is_cut ? n_kept : 0);
  // Removing everything cannot be refused.
  if (!is_cut) (void)backend_.remove_from(slot, 0);
}

}  // namespace minerva::engine
