#include "engine/prefix_store.h"

#include <algorithm>
#include <utility>

namespace minerva::engine {

std::uint32_t PrefixStore::n_usable(const StoredPrefix& entry, const TokenPrefix& prompt) const {
  const std::uint32_t n = n_shared(entry.prefix(), prompt);
  return cuts_ || n == entry.tokens.size() ? n : 0;
}

void PrefixStore::drop(Entries::iterator entry) {
  n_bytes_ -= (*entry)->n_bytes();
  entries_.erase(entry);
}

bool PrefixStore::wants(const TokenPrefix& prefix, std::uint64_t n_bytes) const {
  if (prefix.tokens.empty() || n_bytes + prefix.tokens.size_bytes() > max_bytes_) return false;
  return std::ranges::none_of(entries_,
                              [&](const auto& entry) { return n_usable(*entry, prefix) == prefix.size(); });
}

void PrefixStore::put(std::shared_ptr<const StoredPrefix> prefix) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto entry = it++;
    if (n_usable(*prefix, (*entry)->prefix()) == (*entry)->tokens.size()) drop(entry);
  }
  n_bytes_ += prefix->n_bytes();
  entries_.push_front(std::move(prefix));
  while (n_bytes_ > max_bytes_) drop(std::prev(entries_.end()));
}

std::uint32_t PrefixStore::n_found(const TokenPrefix& prompt) const {
  std::uint32_t most = 0;
  for (const auto& entry : entries_) most = std::max(most, n_usable(*entry, prompt));
  return most;
}

std::uint32_t PrefixStore::n_known(const TokenPrefix& prompt) const {
  std::uint32_t most = 0;
  for (const auto& entry : entries_) most = std::max(most, n_shared(entry->prefix(), prompt));
  return most;
}

std::optional<PrefixStore::Match> PrefixStore::find(const TokenPrefix& prompt) {
  auto best = entries_.end();
  std::uint32_t most = 0;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const std::uint32_t n = n_usable(**it, prompt);
    if (n > most) {
      best = it;
      most = n;
    }
  }
  if (best == entries_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, best);
  return Match{.entry = *best, .n_shared = most};
}

}  // namespace minerva::engine
