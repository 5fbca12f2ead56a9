#pragma once
// Integers that mean different things have different types: no implicit conversion between ids, none from plain numbers.

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>

namespace minerva {

template <typename Tag, std::integral Rep>
struct StrongId {
  Rep value{};

  friend auto operator<=>(const StrongId&, const StrongId&) = default;
};

}  // namespace minerva

template <typename Tag, typename Rep>
struct std::hash<minerva::StrongId<Tag, Rep>> {
  std::size_t operator()(const minerva::StrongId<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
