#include "chat/jinja/operators.h"

#include <cmath>
#include <limits>
#include <utility>

#include "chat/jinja/loop_state.h"
#include "chat/jinja/markup.h"
#include "chat/jinja/str_format.h"

namespace minerva::chat::jinja {
namespace {

constexpr std::string_view kSymbols[] = {"+", "-", "*", "/", "//", "%", "**"};

Value unsupported(Runtime& runtime, BinaryOp op, const Value& left, const Value& right) {
  if (left.is_undefined()) return runtime.fail_undefined(left);
  if (right.is_undefined()) return runtime.fail_undefined(right);
  return runtime.fail("unsupported operand types for " + std::string(kSymbols[static_cast<std::size_t>(op)]) +
                      ": '" + std::string(type_name(left)) + "' and '" + std::string(type_name(right)) + "'");
}

Value overflow(Runtime& runtime) { return runtime.fail("integer result is outside of 64 bits"); }

Value integer_power(Runtime& runtime, std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) return runtime.fail("zero cannot be raised to a negative power");
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return overflow(runtime);
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) return overflow(runtime);
  }
  return result;
}

// Python rounds the quotient down and gives the remainder the divisor's sign.
Value integer_division(Runtime& runtime, BinaryOp op, std::int64_t left, std::int64_t right) {
  if (right == 0) return runtime.fail("integer division or modulo by zero");
  if (right == -1) {
    if (op == BinaryOp::kMod) return std::int64_t{0};
    std::int64_t negated = 0;
    return __builtin_sub_overflow(std::int64_t{0}, left, &negated) ? overflow(runtime) : Value(negated);
  }
  const std::int64_t remainder = left % right;
  const bool is_uneven = remainder != 0 && (remainder < 0) != (right < 0);
  if (op == BinaryOp::kMod) return is_uneven ? remainder + right : remainder;
  return left / right - (is_uneven ? 1 : 0);
}

Value integer_arithmetic(Runtime& runtime, BinaryOp op, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  switch (op) {
    case BinaryOp::kAdd:
      return __builtin_add_overflow(left, right, &result) ? overflow(runtime) : Value(result);
    case BinaryOp::kSub:
      return __builtin_sub_overflow(left, right, &result) ? overflow(runtime) : Value(result);
    case BinaryOp::kMul:
      return __builtin_mul_overflow(left, right, &result) ? overflow(runtime) : Value(result);
    case BinaryOp::kDiv:
      if (right == 0) return runtime.fail("division by zero");
      return static_cast<double>(left) / static_cast<double>(right);
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod: return integer_division(runtime, op, left, right);
    case BinaryOp::kPow: return integer_power(runtime, left, right);
  }
  std::unreachable();
}

Value float_arithmetic(Runtime& runtime, BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd: return left + right;
    case BinaryOp::kSub: return left - right;
    case BinaryOp::kMul: return left * right;
    case BinaryOp::kDiv:
      if (right == 0) return runtime.fail("division by zero");
      return left / right;
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod: {
      if (right == 0) return runtime.fail("float division or modulo by zero");
      double remainder = std::fmod(left, right);
      double quotient = (left - remainder) / right;
      if (remainder != 0 && (right < 0) != (remainder < 0)) {
        remainder += right;
        quotient -= 1;
      } else if (remainder == 0) {
        remainder = std::copysign(0.0, right);
      }
      if (op == BinaryOp::kMod) return remainder;
      if (quotient == 0) return std::copysign(0.0, left / right);
      const double floored = std::floor(quotient);
      return quotient - floored > 0.5 ? floored + 1 : floored;
    }
    case BinaryOp::kPow: {
      if (left == 0 && right < 0) return runtime.fail("zero cannot be raised to a negative power");
      if (left < 0 && std::isfinite(right) && std::floor(right) != right) {
        return runtime.fail("a negative number to a fractional power is complex");
      }
      const double result = std::pow(left, right);
      if (std::isinf(result) && std::isfinite(left) && std::isfinite(right))
        return runtime.fail("float result is too large");
      return result;
    }
  }
  std::unreachable();
}

Value add_strings(Runtime& runtime, const Value& left, const Value& right) {
  const bool is_markup = left.string().is_markup || right.string().is_markup;
  const Value a = is_markup ? escape_markup(runtime, left) : left;
  const Value b = is_markup ? escape_markup(runtime, right) : right;
  if (runtime.failed() || !runtime.check_string_size(a.bytes().size() + b.bytes().size())) return {};
  Text sum;
  sum.reserve(a.bytes().size() + b.bytes().size());
  sum.append(a.string().text);
  sum.append(b.string().text);
  return runtime.string(std::move(sum), is_markup);
}

Value add_sequences(Runtime& runtime, const Sequence& left, const Sequence& right) {
  Sequence* sum = runtime.sequence(left.sequence_kind, left.items.size() + right.items.size());
  for (const Sequence* part : {&left, &right}) {
    for (const Value& item : part->items) {
      if (!runtime.append(*sum, item)) return {};
    }
  }
  return sum;
}

bool is_list_or_tuple(const Value& value) { return is_list(value) || is_tuple(value); }

Value repeat(Runtime& runtime, const Value& value, std::int64_t times) {
  const auto n = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  if (value.is_string()) {
    const Text& text = value.string().text;
    if (text.empty() || n == 0) return runtime.string(Text{}, value.string().is_markup);
    if (n > runtime.limits().max_output_bytes || !runtime.check_string_size(text.size() * n)) {
      runtime.check_string_size(std::numeric_limits<std::size_t>::max());
      return {};
    }
    if (!runtime.charge_bytes(text.size() * n)) return {};
    Text result;
    result.reserve(text.size() * n);
    for (std::size_t i = 0; i < n; ++i) result.append(text);
    return runtime.string(std::move(result), value.string().is_markup);
  }
  const Sequence& sequence = value.sequence();
  if (!sequence.items.empty() &&
      !runtime.check_steps_left(n > runtime.limits().max_steps ? n : n * sequence.items.size()))
    return {};
  Sequence* result = runtime.sequence(sequence.sequence_kind);
  for (std::size_t i = 0; i < n && !sequence.items.empty(); ++i) {
    for (const Value& item : sequence.items) {
      if (!runtime.append(*result, item)) return {};
    }
  }
  return result;
}

bool is_repeatable(const Value& value) { return value.is_string() || is_list_or_tuple(value); }

std::optional<bool> less_sequences(Runtime& runtime, const Sequence& left, const Sequence& right) {
  for (std::size_t i = 0; i < left.items.size() && i < right.items.size(); ++i) {
    const bool is_equal = equals(runtime, left.items[i], right.items[i]);
    if (runtime.failed()) return std::nullopt;
    if (!is_equal) return less(runtime, left.items[i], right.items[i]);
  }
  return left.items.size() < right.items.size();
}

bool equal_items(const std::vector<Value>& left, const std::vector<Value>& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equals(left[i], right[i])) return false;
  }
  return true;
}

bool equal_sequences(const Sequence& left, const Sequence& right) {
  if (&left == &right) return true;
  if (left.sequence_kind != right.sequence_kind) return false;
  switch (left.sequence_kind) {
    case SequenceKind::kGenerator:
    case SequenceKind::kValuesView: return false;
    case SequenceKind::kKeysView:
    case SequenceKind::kItemsView:  // compared as sets
      if (left.items.size() != right.items.size()) return false;
      for (const Value& item : left.items) {
        bool found = false;
        for (const Value& other : right.items) found = found || equals(item, other);
        if (!found) return false;
      }
      return true;
    default: return equal_items(left.items, right.items);
  }
}

bool equal_dicts(const Dict& left, const Dict& right) {
  if (left.size() != right.size()) return false;
  for (const Dict::Entry& entry : left.entries()) {
    const Value* other = right.find(entry.key);
    if (other == nullptr || !equals(entry.value, *other)) return false;
  }
  return true;
}

}  // namespace

Value binary(Runtime& runtime, BinaryOp op, const Value& left, const Value& right) {
  if (runtime.failed()) return {};
  if (left.is_integral() && right.is_integral())
    return integer_arithmetic(runtime, op, left.integer(), right.integer());
  if (left.is_number() && right.is_number())
    return float_arithmetic(runtime, op, left.number(), right.number());
  if (op == BinaryOp::kAdd) {
    if (left.is_string() && right.is_string()) return add_strings(runtime, left, right);
    if ((is_list(left) && is_list(right)) || (is_tuple(left) && is_tuple(right))) {
      return add_sequences(runtime, left.sequence(), right.sequence());
    }
  }
  if (op == BinaryOp::kMul) {
    if (is_repeatable(left) && right.is_integral()) return repeat(runtime, left, right.integer());
    if (is_repeatable(right) && left.is_integral()) return repeat(runtime, right, left.integer());
  }
  if (op == BinaryOp::kMod && left.is_string()) return percent_format(runtime, left, right);
  return unsupported(runtime, op, left, right);
}

Value negate(Runtime& runtime, const Value& operand) {
  if (operand.is(Kind::kFloat)) return -operand.as<double>();
  if (operand.is_integral()) return integer_arithmetic(runtime, BinaryOp::kSub, 0, operand.integer());
  if (operand.is_undefined()) return runtime.fail_undefined(operand);
  return runtime.fail("bad operand type for unary -: '" + std::string(type_name(operand)) + "'");
}

Value plus(Runtime& runtime, const Value& operand) {
  if (operand.is(Kind::kFloat)) return operand;
  if (operand.is_integral()) return operand.integer();
  if (operand.is_undefined()) return runtime.fail_undefined(operand);
  return runtime.fail("bad operand type for unary +: '" + std::string(type_name(operand)) + "'");
}

bool is_same(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kNone: return true;
    case Kind::kSequence: return left.as<Sequence*>() == right.as<Sequence*>();
    case Kind::kRange: return left.as<Range*>() == right.as<Range*>();
    case Kind::kDict: return left.as<Dict*>() == right.as<Dict*>();
    case Kind::kNamespace: return left.as<NamespaceRef>().fields == right.as<NamespaceRef>().fields;
    case Kind::kCallable: return left.as<Callable*>() == right.as<Callable*>();
    case Kind::kLoop: return left.as<LoopState*>() == right.as<LoopState*>();
    case Kind::kCycler: return left.as<Cycler*>() == right.as<Cycler*>();
    case Kind::kJoiner: return left.as<Joiner*>() == right.as<Joiner*>();
    case Kind::kUndefined: return left.as<Undefined>().message == right.as<Undefined>().message;
    default: return equals(left, right);  // numbers and strings
  }
}

bool equals(Runtime& runtime, const Value& left, const Value& right) {
  const std::uint64_t cost = std::min(weight_of(left), weight_of(right));
  return runtime.check_steps_left(cost) && runtime.step(cost) && equals(left, right);
}

bool equals(const Value& left, const Value& right) {
  if (left.is_integral() && right.is_integral()) return left.integer() == right.integer();
  if (left.is_number() && right.is_number()) return left.number() == right.number();
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kMissing:
    case Kind::kUndefined:
    case Kind::kNone: return true;
    case Kind::kString: return left.bytes() == right.bytes();
    case Kind::kSequence: return equal_sequences(left.sequence(), right.sequence());
    case Kind::kDict: return equal_dicts(left.dict(), right.dict());
    case Kind::kRange: {
      const Range& a = *left.as<Range*>();
      const Range& b = *right.as<Range*>();
      return a.n == b.n && (a.n == 0 || (a.start == b.start && (a.n == 1 || a.step == b.step)));
    }
    default: return is_same(left, right);
  }
}

std::optional<bool> less(Runtime& runtime, const Value& left, const Value& right) {
  if (left.is_integral() && right.is_integral()) return left.integer() < right.integer();
  if (left.is_number() && right.is_number()) return left.number() < right.number();
  if (left.is_string() && right.is_string()) return left.bytes() < right.bytes();
  if ((is_list(left) && is_list(right)) || (is_tuple(left) && is_tuple(right))) {
    return less_sequences(runtime, left.sequence(), right.sequence());
  }
  if (left.is_undefined() || right.is_undefined()) {
    runtime.fail_undefined(left.is_undefined() ? left : right);
  } else {
    runtime.fail("'<' not supported between instances of '" + std::string(type_name(left)) + "' and '" +
                 std::string(type_name(right)) + "'");
  }
  return std::nullopt;
}

std::optional<bool> contains(Runtime& runtime, const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::kString:
      if (!item.is_string()) {
        runtime.fail("'in <string>' requires string as left operand, not " + std::string(type_name(item)));
        return std::nullopt;
      }
      if (!runtime.charge_bytes(container.bytes().size())) return std::nullopt;
      return container.bytes().contains(item.bytes());
    case Kind::kDict:
      if (!runtime.check_hashable(item)) return std::nullopt;
      return container.dict().find(item) != nullptr;
    default: break;
  }
  if (!is_iterable(container)) {
    runtime.fail("argument of type '" + std::string(type_name(container)) + "' is not iterable");
    return std::nullopt;
  }
  Cursor cursor(runtime, container);
  while (std::optional<Value> element = cursor.next()) {
    if (is_same(*element, item) || equals(runtime, *element, item)) return true;
  }
  return runtime.failed() ? std::nullopt : std::optional(false);
}

std::optional<bool> compare(Runtime& runtime, CompareOp op, const Value& left, const Value& right) {
  if (runtime.failed()) return std::nullopt;
  const auto negated = [](std::optional<bool> value) { return value ? std::optional(!*value) : value; };
  const bool has_nan = (left.is(Kind::kFloat) && std::isnan(left.number())) ||
                       (right.is(Kind::kFloat) && std::isnan(right.number()));
  switch (op) {
    case CompareOp::kEq: return equals(runtime, left, right);
    case CompareOp::kNe: return !equals(runtime, left, right);
    case CompareOp::kLt: return less(runtime, left, right);
    case CompareOp::kGt: return less(runtime, right, left);
    case CompareOp::kLe: {
      const std::optional<bool> greater = less(runtime, right, left);
      return has_nan && greater ? std::optional(false) : negated(greater);
    }
    case CompareOp::kGe: {
      const std::optional<bool> smaller = less(runtime, left, right);
      return has_nan && smaller ? std::optional(false) : negated(smaller);
    }
    case CompareOp::kIn: return contains(runtime, right, left);
    case CompareOp::kNotIn: return negated(contains(runtime, right, left));
  }
  std::unreachable();
}

}  // namespace minerva::chat::jinja
