#include "engine/prefix_store.h"

#include <algorithm>
#include <utility>

#include "engine/slot_table.h"

namespace minerva::engine {

void PrefixStore::drop(Entries::iterator entry) {
  n_bytes_ -= (*entry)->n_bytes();
  entries_.erase(entry);
}

bool PrefixStore::wants(std::span<const Token> tokens, std::uint64_t n_bytes) const {
  if (tokens.empty() || n_bytes + tokens.size_bytes() > max_bytes_) return false;
  return std::ranges::none_of(
      entries_, [&](const auto& entry) { return common_prefix(entry->tokens, tokens) == tokens.size(); });
}

void PrefixStore::put(std::shared_ptr<const StoredPrefix> prefix) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto entry = it++;
    const auto& own = (*entry)->tokens;
    if (common_prefix(own, prefix->tokens) == own.size()) drop(entry);
  }
  n_bytes_ += prefix->n_bytes();
  entries_.push_front(std::move(prefix));
  while (n_bytes_ > max_bytes_) drop(std::prev(entries_.end()));
}

std::uint32_t PrefixStore::n_shared(std::span<const Token> prompt) const {
  std::uint32_t most = 0;
  for (const auto& entry : entries_) most = std::max(most, common_prefix(entry->tokens, prompt));
  return most;
}

std::optional<PrefixStore::Match> PrefixStore::find(std::span<const Token> prompt) {
  auto best = entries_.end();
  std::uint32_t n_shared = 0;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const std::uint32_t n = common_prefix((*it)->tokens, prompt);
    if (n > n_shared) {
      best = it;
      n_shared = n;
    }
  }
  if (best == entries_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, best);
  return Match{.entry = *best, .n_shared = n_shared};
}

}  // namespace minerva::engine
