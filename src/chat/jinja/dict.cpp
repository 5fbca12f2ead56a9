#include "chat/jinja/dict.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "chat/jinja/operators.h"

namespace minerva::chat::jinja {
namespace {

constexpr std::size_t kIndexedFrom = 9;  // fewer entries are found faster by looking at each

std::size_t hash_bytes(std::string_view bytes) { return std::hash<std::string_view>{}(bytes); }

// Equal numbers hash alike whatever their type.
std::size_t hash_number(const Value& value) {
  if (value.is_integral()) return std::hash<std::int64_t>{}(value.integer());
  const double number = value.as<double>();
  if (std::trunc(number) == number && std::abs(number) < 9e18) {
    return std::hash<std::int64_t>{}(static_cast<std::int64_t>(number));
  }
  return std::hash<double>{}(number);
}

}  // namespace

bool is_hashable(const Value& value) {
  switch (value.kind()) {
    case Kind::kDict: return false;
    case Kind::kSequence:
      return value.sequence().sequence_kind == SequenceKind::kGenerator ||
             (is_tuple(value) && std::ranges::all_of(value.sequence().items, is_hashable));
    default: return true;
  }
}

std::size_t hash_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kString: return hash_bytes(value.bytes());
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat: return hash_number(value);
    case Kind::kSequence: {
      std::size_t hash = 0x9e3779b97f4a7c15ULL;
      if (!is_tuple(value)) return hash;
      for (const Value& item : value.sequence().items) hash = hash * 31 + hash_of(item);
      return hash;
    }
    default: return static_cast<std::size_t>(value.kind());
  }
}

template <typename Equal>
const Dict::Entry* Dict::lookup(std::size_t hash, const Equal& equal) const {
  if (slots_.empty()) {
    for (const Entry& entry : entries_) {
      if (entry.hash == hash && equal(entry.key)) return &entry;
    }
    return nullptr;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const Entry& entry = entries_[slots_[at] - 1];
    if (entry.hash == hash && equal(entry.key)) return &entry;
  }
  return nullptr;
}

const Value* Dict::find(const Value& key) const {
  if (!is_hashable(key)) return nullptr;
  const Entry* entry = lookup(hash_of(key), [&](const Value& other) { return equals(key, other); });
  return entry == nullptr ? nullptr : &entry->value;
}

const Value* Dict::find(std::string_view key) const {
  const Entry* entry =
      lookup(hash_bytes(key), [&](const Value& other) { return other.is_string() && other.bytes() == key; });
  return entry == nullptr ? nullptr : &entry->value;
}

void Dict::set(Value key, Value value) {
  const std::size_t hash = hash_of(key);
  if (const Entry* entry = lookup(hash, [&](const Value& other) { return equals(key, other); })) {
    entries_[static_cast<std::size_t>(entry - entries_.data())].value = std::move(value);
    return;
  }
  entries_.push_back({.key = std::move(key), .value = std::move(value), .hash = hash});
  index_last();
}

void Dict::index_last() {
  if (entries_.size() < kIndexedFrom) return;
  std::size_t first = entries_.size() - 1;
  if (entries_.size() * 2 > slots_.size()) {
    slots_.assign(std::max<std::size_t>(32, slots_.size() * 2), 0);
    first = 0;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = first; i < entries_.size(); ++i) {
    std::size_t at = entries_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace minerva::chat::jinja
