#pragma once
// Python's operators on template values. Each fails the runtime where Python raises.
//
// Origins: `+`, `*` and `%` on strings keep the origin of every byte; whatever cannot be followed is a message's.

#include <optional>

#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

enum class BinaryOp : std::uint8_t { kAdd, kSub, kMul, kDiv, kFloorDiv, kMod, kPow };
enum class CompareOp : std::uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kNotIn };

[[nodiscard]] Value binary(Runtime& runtime, BinaryOp op, const Value& left, const Value& right);
[[nodiscard]] Value negate(Runtime& runtime, const Value& operand);
[[nodiscard]] Value plus(Runtime& runtime, const Value& operand);

// Python's ==. False after the runtime has failed, which it does when there is too much to compare.
[[nodiscard]] bool equals(Runtime& runtime, const Value& left, const Value& right);
// The same, at whatever cost.
[[nodiscard]] bool equals(const Value& left, const Value& right);
// Python's `is`.
[[nodiscard]] bool is_same(const Value& left, const Value& right);
// Python's <. Nothing where the types have no order (failed).
[[nodiscard]] std::optional<bool> less(Runtime& runtime, const Value& left, const Value& right);
[[nodiscard]] std::optional<bool> compare(Runtime& runtime, CompareOp op, const Value& left,
                                          const Value& right);
// Python's `in`.
[[nodiscard]] std::optional<bool> contains(Runtime& runtime, const Value& container, const Value& item);

}  // namespace minerva::chat::jinja
