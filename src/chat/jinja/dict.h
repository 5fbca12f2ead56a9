#pragma once
// Python's dict: keeps insertion order; keys are hashable values, where 1, 1.0 and True are the same key.

#include <cstdint>
#include <string_view>
#include <vector>

#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

class Dict : public Object {
 public:
  struct Entry {
    Value key;
    Value value;
    std::size_t hash = 0;
  };

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // The value under `key`, or null. The pointer lives until the next `set`.
  [[nodiscard]] const Value* find(const Value& key) const;
  [[nodiscard]] const Value* find(std::string_view key) const;
  void set(Value key, Value value);

 private:
  template <typename Equal>
  [[nodiscard]] const Entry* lookup(std::size_t hash, const Equal& equal) const;
  void index_last();

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // open addressing, entry + 1; empty while there are few entries
};

// False for what Python refuses as a key (list, dict…).
[[nodiscard]] bool is_hashable(const Value& value);
[[nodiscard]] std::size_t hash_of(const Value& value);

}  // namespace minerva::chat::jinja
