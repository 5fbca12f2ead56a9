#include "engine/prefix_store.h"

#include <algorithm>
#include <utility>

#include "engine/slot_table.h"

namespace minerva::engine {

std::uint64_t PrefixStore::size_of(const Entry& entry) {
  return entry.state.size() + entry.tokens.size() * sizeof(Token);
}

void PrefixStore::drop(Entries::iterator entry) {
  n_bytes_ -= size_of(**entry);
  entries_.erase(entry);
}

bool PrefixStore::wants(std::span<const Token> tokens, std::uint64_t n_bytes) const {
  if (tokens.empty() || n_bytes + tokens.size_bytes() > max_bytes_) return false;
  return std::ranges::none_of(
      entries_, [&](const auto& entry) { return common_prefix(entry->tokens, tokens) == tokens.size(); });
}

void PrefixStore::put(std::span<const Token> tokens, inference::SlotState state) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto entry = it++;
    const auto& own = (*entry)->tokens;
    if (common_prefix(own, tokens) == own.size()) drop(entry);
  }
  entries_.push_front(std::make_shared<const Entry>(
      Entry{.tokens = {tokens.begin(), tokens.end()}, .state = std::move(state)}));
  n_bytes_ += size_of(*entries_.front());
  while (n_bytes_ > max_bytes_) drop(std::prev(entries_.end()));
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
