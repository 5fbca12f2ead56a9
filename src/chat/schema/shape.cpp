#include "chat/schema/shape.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace minerva::chat::schema {
namespace {

const SchemaRef* find(const ObjectFacet& facet, const std::string& name) {
  const auto found = std::ranges::find(facet.properties, name, &std::pair<std::string, SchemaRef>::first);
  return found != facet.properties.end() ? &found->second : nullptr;
}

}  // namespace

bool is_never(const Conjunction& conjunction) {
  return std::ranges::any_of(conjunction, [](const SchemaRef& each) { return *each.json == false; });
}

bool Shape::requires_member(const std::string& name) const { return std::ranges::contains(required, name); }

Conjunction Shape::member(const std::string& name) const {
  Conjunction all;
  for (const ObjectFacet& facet : objects) {
    if (const SchemaRef* own = find(facet, name)) {
      all.push_back(*own);
    } else if (facet.additional) {
      all.push_back(*facet.additional);
    }
  }
  return all;
}

std::vector<std::string> Shape::declared_members() const {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (!std::ranges::contains(names, name)) names.push_back(name);
  };
  for (const ObjectFacet& facet : objects) {
    for (const auto& [name, schema] : facet.properties) add(name);
  }
  std::ranges::for_each(required, add);
  return names;
}

std::optional<Conjunction> Shape::other_members() const {
  Conjunction all;
  bool is_allowed = declared_members().empty();
  for (const ObjectFacet& facet : objects) {
    if (!facet.additional) continue;
    is_allowed = true;
    all.push_back(*facet.additional);
  }
  if (!is_allowed || is_never(all)) return std::nullopt;
  return all;
}

bool Shape::may_write_member(const std::string& name) const {
  if (is_never(member(name))) return false;
  return std::ranges::contains(declared_members(), name) || other_members().has_value();
}

std::size_t Shape::n_prefix() const {
  std::size_t n = 0;
  for (const ArrayFacet& facet : arrays) n = std::max(n, facet.prefix.size());
  return n;
}

Conjunction Shape::item(std::size_t index) const {
  Conjunction all;
  for (const ArrayFacet& facet : arrays) {
    if (index < facet.prefix.size()) {
      all.push_back(facet.prefix[index]);
    } else if (facet.items) {
      all.push_back(*facet.items);
    }
  }
  return all;
}

bool Shape::has_items() const {
  return std::ranges::any_of(arrays, [](const ArrayFacet& facet) { return facet.items.has_value(); });
}

}  // namespace minerva::chat::schema
