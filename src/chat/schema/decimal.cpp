#include "chat/schema/decimal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace minerva::chat::schema {
namespace {

constexpr std::size_t kMostDigits = 15;
constexpr std::size_t kMostBoundDigits = 19;  // of a 64-bit integer

// Digits after the point when there are so many before it.
std::size_t most_fraction_after(std::size_t n_whole) { return n_whole <= 3 ? 12 : n_whole <= 9 ? 6 : 0; }

void strip(Decimal& number) {
  number.whole.erase(0, std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  number.fraction.erase(number.fraction.find_last_not_of('0') + 1);
  if (number.is_zero()) number.negative = false;
}

std::strong_ordering compare_magnitudes(const Decimal& left, const Decimal& right) {
  if (const auto order = left.whole.size() <=> right.whole.size(); order != 0) return order;
  if (const auto order = left.whole <=> right.whole; order != 0) return order;
  return left.fraction <=> right.fraction;
}

// How the digits read so far compare with as many of a bound's.
enum class Order : std::uint8_t { kLess, kEqual, kGreater };

Order next_order(Order before, char digit, char bound) {
  if (before != Order::kEqual || digit == bound) return before;
  return digit < bound ? Order::kLess : Order::kGreater;
}

// Numbers from 0 up, without sign; both bounds are magnitudes.
class MagnitudeExplorer {
 public:
  MagnitudeExplorer(const NumberRules& rules, Automaton& automaton) : rules_{rules}, automaton_{automaton} {}

  // The state in which the first digit is awaited.
  std::size_t explore() {
    const std::size_t first = state_of({});
    for (; n_expanded_ < open_.size(); ++n_expanded_) expand(n_expanded_);
    return first;
  }

 private:
  struct Place {
    std::size_t n_whole = 0;
    std::size_t n_fraction = 0;
    bool after_point = false;
    std::size_t most_fraction = 0;  // once after the point
    Order with_least = Order::kEqual;
    Order with_most = Order::kEqual;
    std::uint32_t remainder = 0;
    bool is_zero = false;  // "0", which no digit follows
    auto operator<=>(const Place&) const = default;
  };

  static Order at_whole_end(const Place& place, Order order, const Decimal& bound) {
    const std::size_t n = place.is_zero ? 0 : place.n_whole;
    if (n != bound.whole.size()) return n < bound.whole.size() ? Order::kLess : Order::kGreater;
    return n == 0 ? Order::kEqual : order;
  }
  static Order at_end(const Place& place, Order order, const Decimal& bound) {
    if (!place.after_point) order = at_whole_end(place, order, bound);
    const bool has_more = place.n_fraction < bound.fraction.size();
    return order == Order::kEqual && has_more ? Order::kLess : order;
  }

  [[nodiscard]] bool accepts(const Place& place) const {
    if (place.n_whole == 0 || (place.after_point && place.n_fraction == 0)) return false;
    if (place.remainder != 0) return false;
    if (rules_.least) {
      const Order order = at_end(place, place.with_least, rules_.least->value);
      if (order == Order::kLess || (order == Order::kEqual && rules_.least->exclusive)) return false;
    }
    if (rules_.most) {
      const Order order = at_end(place, place.with_most, rules_.most->value);
      if (order == Order::kGreater || (order == Order::kEqual && rules_.most->exclusive)) return false;
    }
    return true;
  }

  std::size_t state_of(const Place& place) {
    const auto [found, is_new] = numbers_.try_emplace(place, automaton_.states.size());
    if (is_new) {
      automaton_.states.push_back({.edges = {}, .accepts = accepts(place)});
      open_.push_back({place, found->second});
    }
    return found->second;
  }

  [[nodiscard]] std::optional<Place> after_digit(const Place& place, char digit) const {
    Place next = place;
    const auto value = static_cast<std::uint32_t>(digit - '0');
    const auto digit_of = [](const std::string& digits, std::size_t i) {
      return i < digits.size() ? digits[i] : '0';
    };
    if (place.after_point) {
      if (place.n_fraction >= place.most_fraction) return std::nullopt;
      if (rules_.least)
        next.with_least =
            next_order(place.with_least, digit, digit_of(rules_.least->value.fraction, place.n_fraction));
      if (rules_.most)
        next.with_most =
            next_order(place.with_most, digit, digit_of(rules_.most->value.fraction, place.n_fraction));
      ++next.n_fraction;
      return next;
    }
    if (place.is_zero || place.n_whole >= most_whole()) return std::nullopt;
    next.is_zero = place.n_whole == 0 && digit == '0';
    if (rules_.least)
      next.with_least =
          next_order(place.with_least, digit, digit_of(rules_.least->value.whole, place.n_whole));
    if (rules_.most)
      next.with_most = next_order(place.with_most, digit, digit_of(rules_.most->value.whole, place.n_whole));
    ++next.n_whole;
    next.remainder = (place.remainder * 10 + value) % rules_.divisor;
    return next;
  }
  [[nodiscard]] std::optional<Place> after_point(const Place& place) const {
    if (rules_.integer || place.after_point || place.n_whole == 0) return std::nullopt;
    Place next{.after_point = true};
    next.most_fraction = std::min<std::size_t>(most_fraction_after(place.n_whole), rules_.most_fraction);
    if (next.most_fraction == 0) return std::nullopt;
    next.n_whole = 1;
    if (rules_.least) next.with_least = at_whole_end(place, place.with_least, rules_.least->value);
    if (rules_.most) next.with_most = at_whole_end(place, place.with_most, rules_.most->value);
    return next;
  }
  [[nodiscard]] std::size_t most_whole() const {
    std::size_t most = kMostDigits;
    if (rules_.least) most = std::max(most, rules_.least->value.whole.size());
    if (rules_.most) most = std::max(most, rules_.most->value.whole.size());
    return std::min(most, kMostBoundDigits);
  }

  void expand(std::size_t i) {
    const auto [place, number] = open_[i];
    std::map<std::size_t, CodePoints> targets;
    for (char digit = '0'; digit <= '9'; ++digit) {
      const auto letter = static_cast<char32_t>(digit);
      if (const auto next = after_digit(place, digit)) targets[state_of(*next)].add(letter, letter);
    }
    if (const auto next = after_point(place)) targets[state_of(*next)].add(U'.', U'.');
    for (auto& [target, set] : targets)
      automaton_.states[number].edges.push_back({.set = std::move(set), .target = target});
  }

  const NumberRules& rules_;
  Automaton& automaton_;
  std::map<Place, std::size_t> numbers_;
  std::vector<std::pair<Place, std::size_t>> open_;
  std::size_t n_expanded_ = 0;
};

// The numbers below zero, without their sign.
std::optional<NumberRules> mirrored(const NumberRules& rules) {
  NumberRules mirror = rules;
  mirror.least = DecimalBound{.value = {}, .exclusive = true};  // there is no -0
  mirror.most.reset();
  if (rules.most) mirror.raise({.value = rules.most->value.negated(), .exclusive = rules.most->exclusive});
  if (rules.least) {
    if (!rules.least->value.negative) return std::nullopt;
    mirror.lower({.value = rules.least->value.negated(), .exclusive = rules.least->exclusive});
  }
  return mirror;
}

// Those from zero up.
std::optional<NumberRules> positive(const NumberRules& rules) {
  if (rules.most && rules.most->value.negative) return std::nullopt;
  NumberRules half = rules;
  if (half.least && half.least->value.negative) half.least.reset();
  return half;
}

}  // namespace

Decimal Decimal::of(const nlohmann::ordered_json& number) {
  std::string text = number.is_number_float() ? fmt::format("{}", number.get<double>()) : number.dump();
  Decimal decimal;
  if (text.starts_with('-')) {
    decimal.negative = true;
    text.erase(0, 1);
  }
  long exponent = 0;
  if (const auto at = text.find('e'); at != std::string::npos) {
    exponent = std::strtol(text.c_str() + at + 1, nullptr, 10);
    text.erase(at);
  }
  const auto point = text.find('.');
  decimal.whole = text.substr(0, point);
  if (point != std::string::npos) decimal.fraction = text.substr(point + 1);
  for (; exponent > 0; --exponent) {
    decimal.whole += decimal.fraction.empty() ? '0' : decimal.fraction.front();
    if (!decimal.fraction.empty()) decimal.fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    decimal.fraction.insert(0, 1, decimal.whole.empty() ? '0' : decimal.whole.back());
    if (!decimal.whole.empty()) decimal.whole.pop_back();
  }
  strip(decimal);
  return decimal;
}

Decimal Decimal::negated() const {
  Decimal other = *this;
  other.negative = !negative && !is_zero();
  return other;
}

std::strong_ordering compare(const Decimal& left, const Decimal& right) {
  if (left.negative != right.negative)
    return left.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  return left.negative ? compare_magnitudes(right, left) : compare_magnitudes(left, right);
}

void NumberRules::raise(DecimalBound bound) {
  const auto order = least ? compare(bound.value, least->value) : std::strong_ordering::greater;
  if (order > 0 || (order == 0 && bound.exclusive)) least = std::move(bound);
}

void NumberRules::lower(DecimalBound bound) {
  const auto order = most ? compare(bound.value, most->value) : std::strong_ordering::less;
  if (order < 0 || (order == 0 && bound.exclusive)) most = std::move(bound);
}

bool NumberRules::is_empty() const {
  if (!least || !most) return false;
  const auto order = compare(least->value, most->value);
  return order > 0 || (order == 0 && (least->exclusive || most->exclusive));
}

bool NumberRules::admits(const Decimal& number) const {
  NumberRules single = *this;
  single.raise({.value = number, .exclusive = false});
  single.lower({.value = number, .exclusive = false});
  if (single.is_empty() || (integer && !number.fraction.empty())) return false;
  if (number.fraction.size() > most_fraction) return false;
  std::uint32_t remainder = 0;
  for (const char digit : number.whole)
    remainder = (remainder * 10 + static_cast<std::uint32_t>(digit - '0')) % divisor;
  return divisor == 1 || (remainder == 0 && number.fraction.empty());
}

Automaton make_number_automaton(const NumberRules& rules) {
  Automaton automaton;
  automaton.states.emplace_back();
  if (rules.is_empty()) return {};
  if (const auto half = positive(rules)) {
    const std::size_t first = MagnitudeExplorer{*half, automaton}.explore();
    automaton.states[0].edges = automaton.states[first].edges;
  }
  if (const auto half = mirrored(rules); half && !half->is_empty()) {
    const std::size_t first = MagnitudeExplorer{*half, automaton}.explore();
    automaton.states[0].edges.push_back({.set = {U'-', U'-'}, .target = first});
  }
  automaton.trim();
  automaton.merge();
  return automaton;
}

}  // namespace minerva::chat::schema
