#include "engine/kv_cache.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace minerva::engine {
namespace {

// A shorter prefix is computed sooner than it goes to host memory and back.
constexpr std::uint32_t kLeastStored = 64;

// A shorter one is not worth a file.
constexpr std::uint32_t kLeastSaved = 256;

// A copy of more bytes than this takes longer than the streams should notice.
constexpr std::size_t kMostSavedInPassing = std::size_t{64} << 20U;

}  // namespace

KvCache::KvCache(inference::InferenceBackend& backend, KvCacheOptions options)
    : backend_{backend},
      reuses_{options.reuses},
      cuts_{backend.cuts_anywhere()},
      slots_{backend.card().n_parallel,
             {.shares_cells = backend.card().kv_unified, .cuts = backend.cuts_anywhere()}},
      store_{options.reuses ? options.store_bytes : 0, backend.cuts_anywhere()},
      files_{options.reuses ? std::move(options.files) : nullptr} {}

KvCache::Opened KvCache::open(const TokenPrefix& prompt) {
  const auto placement = slots_.place(findable(prompt));
  assert(placement && "a sequence starts only when a slot is free");
  const SlotId slot = placement->slot;
  const auto restored = restore(slot, prompt.reusable(), placement->n_reused);
  const std::uint32_t n_computed =
      restored ? static_cast<std::uint32_t>(slots_.tokens(slot).size()) : prepare(*placement);
  slots_.take(slot, prompt.space);
  std::erase_if(unsaved_, [&](const Unsaved& unsaved) { return unsaved.slot == slot; });
  const auto tier = n_computed == 0 ? wire::PrefixTier::kNone : restored.value_or(wire::PrefixTier::kKv);
  return {.slot = slot, .n_computed = n_computed, .tier = tier};
}

void KvCache::close(SlotId slot) {
  slots_.release(slot);
  if (is_worth_a_file(slots_.prefix(slot))) unsaved_.push_back({.slot = slot});
}

std::uint32_t KvCache::branch_of(const TokenPrefix& prompt) const {
  const TokenPrefix reusable = prompt.reusable();
  const std::uint32_t n = std::max(slots_.n_known(reusable), store_.n_known(reusable));
  return n >= kLeastStored ? n : 0;
}

void KvCache::checkpoint(SlotId slot) {
  if (!store_.wants(slots_.prefix(slot), backend_.state_size(slot))) return;
  if (auto copy = copy_of(slot)) store_.put(std::move(copy));
}

void KvCache::give_up(SlotId slot) {
  set_aside(slot, 0);
  cut(slot, 0);
  slots_.release(slot);
}

bool KvCache::is_coming(const TokenPrefix& prompt) {
  if (!files_) return false;
  for (auto& prefix : files_->take_fetched()) {
    std::erase_if(fetched_, [](const auto& each) { return each.expired(); });
    fetched_.push_back(prefix);
    store_.put(std::move(prefix));
  }
  const TokenPrefix reusable = prompt.reusable();
  const std::uint32_t n_here = std::max(n_found(prompt), store_.n_found(reusable));
  return files_->fetch(reusable, n_here + kLeastStored, store_.max_bytes(), !cuts_);
}

void KvCache::await_coming() {
  if (files_) files_->await_fetched();
}

void KvCache::save_one(bool at_leisure) {
  const auto it =
      std::ranges::find_if(unsaved_, [&](const Unsaved& each) { return at_leisure || !each.needs_leisure; });
  if (it == unsaved_.end()) return;
  const SlotId slot = it->slot;
  it->needs_leisure = !at_leisure && backend_.state_size(slot) > kMostSavedInPassing;
  if (it->needs_leisure) return;
  unsaved_.erase(it);
  // Another slot with the same beginning may have been saved meanwhile.
  if (!is_worth_a_file(slots_.prefix(slot))) return;
  if (auto copy = copy_of(slot)) files_->save(std::move(copy));
}

// Null where the backend cannot.
std::shared_ptr<const StoredPrefix> KvCache::copy_of(SlotId slot) {
  auto state = backend_.state(slot);
  if (state.empty()) return nullptr;
  const auto [tokens, space] = slots_.prefix(slot);
  return std::make_shared<const StoredPrefix>(
      StoredPrefix{.tokens = {tokens.begin(), tokens.end()}, .space = space, .state = std::move(state)});
}

// A file for every turn of a conversation would hold its beginning again and again.
bool KvCache::is_worth_a_file(const TokenPrefix& prefix) const {
  if (!files_ || prefix.size() < kLeastSaved) return false;
  const std::uint32_t n_new = prefix.size() - files_->n_saved(prefix);
  return n_new * 4 >= prefix.size();
}

bool KvCache::trim(SlotId slot) {
  const auto n_kept = static_cast<std::int32_t>(slots_.tokens(slot).size());
  if (backend_.remove_from(slot, n_kept)) return true;
  forget(slot);
  return false;
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

std::uint32_t KvCache::n_found(const TokenPrefix& prompt) const {
  const auto placement = slots_.place(findable(prompt));
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
    if (copies_work_) slots_.copy(*source, slot, n_reused);
  }
  return static_cast<std::uint32_t>(slots_.tokens(slot).size());
}

// Takes the prompt's beginning from host memory when that has so much more of it than the slots that it is worth while. What
// was read from a file is the file's for the prompt that it was read for, and host memory's from then on.
std::optional<wire::PrefixTier> KvCache::restore(SlotId slot, const TokenPrefix& prompt,
                                                 std::uint32_t n_reused) {
  const auto stored = store_.find(prompt);
  if (!stored || stored->n_shared < n_reused + kLeastStored) return std::nullopt;
  set_aside(slot, 0);
  cut(slot, 0);
  while (!backend_.restore(slot, stored->entry->state)) {
    // Where all share the cells, cached prefixes may be in the way.
    if (!backend_.card().kv_unified || !give_up_oldest()) return std::nullopt;
  }
  slots_.append(slot, stored->entry->tokens);
  cut(slot, stored->n_shared);
  const auto n_from_file =
      std::erase_if(fetched_, [&](const auto& each) { return each.lock() == stored->entry; });
  return n_from_file > 0 ? wire::PrefixTier::kDisk : wire::PrefixTier::kHost;
}

// Before a slot is cut to n_kept tokens: what it holds goes to host memory, unless that has it, or another slot does.
void KvCache::set_aside(SlotId slot, std::uint32_t n_kept) {
  const TokenPrefix held = slots_.prefix(slot);
  if (held.size() < n_kept + kLeastStored || (cuts_ && slots_.elsewhere(slot)) ||
      !store_.wants(held, backend_.state_size(slot)))
    return;
  const auto copy = copy_of(slot);
  if (!copy) return;
  store_.put(copy);
  if (is_worth_a_file(copy->prefix())) files_->save(copy);
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
