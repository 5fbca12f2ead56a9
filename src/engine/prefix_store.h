#pragma once
// The second tier of cached prefixes: sequences whose slot was needed by another, in host memory.
//
// Bounded in bytes. The longest prefix wins; when room is needed, what was used longest ago goes first. Every token is
// compared; nothing is decided by a hash. Where states cannot be cut, an entry serves only prompts that begin with all of it,
// so a shorter one is kept beside a longer one. Pure bookkeeping; a value of one owner.

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
  PrefixStore(std::uint64_t max_bytes, bool cuts) : max_bytes_{max_bytes}, cuts_{cuts} {}

  // False for what an entry serves for already, and for what is too large to become one.
  [[nodiscard]] bool wants(const TokenPrefix& prefix, std::uint64_t n_bytes) const;

  // Entries for which the new one serves go.
  void put(std::shared_ptr<const StoredPrefix> prefix);

  // The entry that shares most with the prompt; it counts as used now.
  [[nodiscard]] std::optional<Match> find(const TokenPrefix& prompt);
  // Tokens of the prompt's beginning that find() would find.
  [[nodiscard]] std::uint32_t n_found(const TokenPrefix& prompt) const;

  // The same, of entries that cannot serve for it too.
  [[nodiscard]] std::uint32_t n_known(const TokenPrefix& prompt) const;

  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
  [[nodiscard]] std::uint64_t n_bytes() const { return n_bytes_; }
  [[nodiscard]] std::size_t n_entries() const { return entries_.size(); }

 private:
  using Entries = std::list<std::shared_ptr<const StoredPrefix>>;

  [[nodiscard]] std::uint32_t n_usable(const StoredPrefix& entry, const TokenPrefix& prompt) const;
  void drop(Entries::iterator entry);

  std::uint64_t max_bytes_;
  bool cuts_;
  std::uint64_t n_bytes_ = 0;
  Entries entries_;  // the one used last comes first
};

}  // namespace minerva::engine
