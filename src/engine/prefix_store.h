#pragma once
// The second tier of cached prefixes: sequences whose slot was needed by another, in host memory.
//
// Bounded in bytes. The longest prefix wins; when room is needed, what was used longest ago goes first. Every token is
// compared; nothing is decided by a hash. Pure bookkeeping; a value of one owner.

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "engine/stored_prefix.h"
#include "engine/token_prefix.h"

namespace minerva::engine {

class PrefixStore {
 public:
  struct Match {
    std::shared_ptr<const StoredPrefix> entry;
    std::uint32_t n_shared = 0;  // tokens with which both begin
  };

  // 0: keeps nothing.
  explicit PrefixStore(std::uint64_t max_bytes) : max_bytes_{max_bytes} {}

  // Whether these tokens are the beginning of an entry, or too large to become one: then there is nothing to keep.
  [[nodiscard]] bool wants(const TokenPrefix& prefix, std::uint64_t n_bytes) const;

  // Entries that these tokens begin with go: the new one serves for them.
  void put(std::shared_ptr<const StoredPrefix> prefix);

  // The entry that shares most with the prompt; it counts as used now.
  [[nodiscard]] std::optional<Match> find(const TokenPrefix& prompt);
  // Tokens of the prompt's beginning that find() would find.
  [[nodiscard]] std::uint32_t n_found(const TokenPrefix& prompt) const;

  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] std::uint64_t n_bytes() const { return n_bytes_; }
  [[nodiscard]] std::size_t n_entries() const { return entries_.size(); }

 private:
  using Entries = std::list<std::shared_ptr<const StoredPrefix>>;

  void drop(Entries::iterator entry);

  std::uint64_t max_bytes_;
  std::uint64_t n_bytes_ = 0;
  Entries entries_;  // the one used last comes first
};

}  // namespace minerva::engine
