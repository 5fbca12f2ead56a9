#pragma once
// The names of one scope while they are being resolved.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "chat/jinja/ast.h"

namespace minerva::chat::jinja {

// A unit with its own activation: the template, a macro, the body of a call block, a recursive loop.
struct FunctionSlots {
  std::uint32_t n_slots = 0;
};

// Copyable: each branch of an `if` is tried on a copy, and the copies are joined again.
class Symbols {
 public:
  Symbols(const Symbols* parent, FunctionSlots* function)
      : parent_(parent),
        function_(function),
        slots_(std::make_shared<std::map<std::string, std::uint32_t>>()) {}

  void load(const std::string& name) {
    if (!find(name))
      loads_[define(name)] = {.kind = LoadKind::kResolve, .slot = 0, .name = name, .source = {}};
  }

  void store(const std::string& name) {
    stores_.insert(name);
    if (refs_.contains(name)) return;
    const std::optional<VariableRef> outer = find_outside(name);
    loads_[define(name)] = outer ? alias(*outer) : Load{};
  }

  std::uint32_t parameter(const std::string& name) {
    stores_.insert(name);
    const std::uint32_t slot = define(name);
    loads_[slot] = {.kind = LoadKind::kParameter, .slot = 0, .name = {}, .source = {}};
    return slot;
  }

  void join(std::initializer_list<const Symbols*> branches) {
    std::set<std::string> stored;
    for (const Symbols* branch : branches) {
      for (const std::string& name : branch->stores_) {
        if (!stores_.contains(name)) stored.insert(name);
      }
    }
    for (const Symbols* branch : branches) {
      for (const auto& [name, slot] : branch->refs_) refs_[name] = slot;
      for (const auto& [slot, load] : branch->loads_) loads_[slot] = load;
      stores_.insert(branch->stores_.begin(), branch->stores_.end());
    }
    for (const std::string& name : stored) {
      const std::optional<VariableRef> outer = find_outside(name);
      loads_[refs_.at(name)] =
          outer ? alias(*outer) : Load{.kind = LoadKind::kResolve, .slot = 0, .name = name, .source = {}};
    }
  }

  [[nodiscard]] std::optional<VariableRef> find(const std::string& name) const {
    const auto own = refs_.find(name);
    if (own != refs_.end()) return VariableRef{.hops = 0, .slot = own->second};
    return find_outside(name);
  }

  [[nodiscard]] Scope scope() const {
    Scope result;
    for (const auto& [slot, load] : loads_) {
      if (load.kind == LoadKind::kParameter) continue;
      result.push_back(load);
      result.back().slot = slot;
    }
    return result;
  }

  [[nodiscard]] FunctionSlots* function() const { return function_; }

 private:
  [[nodiscard]] std::optional<VariableRef> find_outside(const std::string& name) const {
    if (parent_ == nullptr) return std::nullopt;
    std::optional<VariableRef> ref = parent_->find(name);
    if (ref && parent_->function_ != function_) ++ref->hops;
    return ref;
  }

  static Load alias(VariableRef source) {
    return {.kind = LoadKind::kAlias, .slot = 0, .name = {}, .source = source};
  }

  // A name has one slot in a scope, also in the copies of it.
  std::uint32_t define(const std::string& name) {
    const auto [entry, is_new] = slots_->try_emplace(name, function_->n_slots);
    if (is_new) ++function_->n_slots;
    refs_[name] = entry->second;
    return entry->second;
  }

  const Symbols* parent_;
  FunctionSlots* function_;
  std::shared_ptr<std::map<std::string, std::uint32_t>> slots_;
  std::map<std::string, std::uint32_t> refs_;
  std::map<std::uint32_t, Load> loads_;
  std::set<std::string> stores_;
};

}  // namespace minerva::chat::jinja
