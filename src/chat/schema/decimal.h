#pragma once
// A number of JSON as its decimal digits, and which numbers lie within bounds, as an automaton over their texts.
//
// Threads: pure functions.

#include <nlohmann/json_fwd.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "chat/schema/automaton.h"

namespace minerva::chat::schema {

// Exact for integers; for others the shortest digits that give the same double again.
struct Decimal {
  bool negative = false;
  std::string whole;     // no leading zero; empty below 1
  std::string fraction;  // no zero at the end

  [[nodiscard]] static Decimal of(const nlohmann::ordered_json& number);
  [[nodiscard]] bool is_zero() const { return whole.empty() && fraction.empty(); }
  [[nodiscard]] Decimal negated() const;
};

[[nodiscard]] std::strong_ordering compare(const Decimal& left, const Decimal& right);

struct DecimalBound {
  Decimal value;
  bool exclusive = false;
};

// Texts without exponent. At most 15 digits, which a double keeps apart; an integer may have as many as its bound.
struct NumberRules {
  static constexpr std::uint32_t kMostDivisor = 1000;

  std::optional<DecimalBound> least{};
  std::optional<DecimalBound> most{};
  bool integer = false;
  std::uint32_t divisor = 1;           // of integers
  std::uint32_t most_fraction = 1000;  // digits after the point

  void raise(DecimalBound bound);  // the greater of the two lower bounds
  void lower(DecimalBound bound);
  [[nodiscard]] bool is_empty() const;  // by its bounds alone
  [[nodiscard]] bool admits(const Decimal& number) const;
};

[[nodiscard]] Automaton make_number_automaton(const NumberRules& rules);

}  // namespace minerva::chat::schema
