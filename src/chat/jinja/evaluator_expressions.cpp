#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/ast_walk.h"
#include "chat/jinja/evaluator.h"
#include "chat/jinja/filters.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {

Value Evaluator::evaluate(const Expr& expr) {
  if (!runtime_.step() || !runtime_.stack_is_left()) return {};
  return std::visit([&](const auto& node) { return eval(node); }, expr.node);
}

Value Evaluator::eval(const Name& node) {
  const Value& value = slot(node.ref);
  return value.is_missing() ? Value(Undefined{node.undefined_message}) : value;
}

Value Evaluator::eval(const ListExpr& node) {
  Sequence* list =
      runtime_.sequence(node.is_tuple ? SequenceKind::kTuple : SequenceKind::kList, node.items.size());
  for (const ExprPtr& item : node.items) {
    if (!runtime_.append(*list, evaluate(*item))) return {};
  }
  return list;
}

Value Evaluator::eval(const DictExpr& node) {
  Dict* dict = runtime_.dict();
  for (const auto& [key, value] : node.entries) {
    Value made_key = evaluate(*key);
    Value made_value = evaluate(*value);
    if (runtime_.failed() || !runtime_.set(*dict, std::move(made_key), std::move(made_value))) return {};
  }
  return dict;
}

Value Evaluator::eval(const UnaryExpr& node) {
  const Value operand = evaluate(*node.operand);
  if (runtime_.failed()) return {};
  switch (node.op) {
    case UnaryOp::kNot: return !is_true(operand);
    case UnaryOp::kNegate: return negate(runtime_, operand);
    case UnaryOp::kPlus: return plus(runtime_, operand);
  }
  std::unreachable();
}

Value Evaluator::eval(const BinaryExpr& node) {
  const Value left = evaluate(*node.left);
  const Value right = evaluate(*node.right);
  return binary(runtime_, node.op, left, right);
}

Value Evaluator::eval(const LogicExpr& node) {
  Value left = evaluate(*node.left);
  if (runtime_.failed() || is_true(left) != node.is_and) return left;
  return evaluate(*node.right);
}

Value Evaluator::eval(const ConcatExpr& node) {
  Text joined;
  for (const ExprPtr& part : node.parts) {
    joined.append(to_text(runtime_, evaluate(*part)));
    if (!runtime_.check_string_size(joined.size())) return {};
  }
  return runtime_.string(std::move(joined));
}

Value Evaluator::eval(const CompareExpr& node) {
  Value left = evaluate(*node.first);
  for (const auto& [op, operand] : node.rest) {
    Value right = evaluate(*operand);
    const std::optional<bool> holds = compare(runtime_, op, left, right);
    if (!holds) return {};
    if (!*holds) return false;
    left = std::move(right);
  }
  return true;
}

Value Evaluator::eval(const ConditionalExpr& node) {
  const bool holds = is_true(evaluate(*node.test));
  if (runtime_.failed()) return {};
  if (holds) return evaluate(*node.then);
  if (node.otherwise != nullptr) return evaluate(*node.otherwise);
  return runtime_.undefined("the inline if-expression evaluated to false and no else section was defined.");
}

Value Evaluator::eval(const AttributeExpr& node) {
  return get_attribute(runtime_, evaluate(*node.of), node.name);
}

Value Evaluator::eval(const ItemExpr& node) {
  const Value of = evaluate(*node.of);
  const Value key = evaluate(*node.key);
  return get_item(runtime_, of, key);
}

Value Evaluator::eval(const SliceExpr& node) {
  const Value of = evaluate(*node.of);
  const Value start = evaluate_optional(node.start);
  const Value stop = evaluate_optional(node.stop);
  const Value step = evaluate_optional(node.step);
  return get_slice(runtime_, of, start, stop, step);
}

Value Evaluator::apply_filter(const FilterExpr& node, const Value& operand) {
  Arguments arguments;
  if (!evaluate_arguments(node.arguments, arguments)) return {};
  return call_filter(runtime_, node.name, operand, arguments);
}

Value Evaluator::eval(const FilterExpr& node) {
  return apply_filter(node, node.operand == nullptr ? block_text_ : evaluate(*node.operand));
}

Value Evaluator::eval(const TestExpr& node) {
  const Value operand = evaluate(*node.operand);
  Arguments arguments;
  if (!evaluate_arguments(node.arguments, arguments)) return {};
  const std::optional<bool> holds = call_predicate(runtime_, node.name, operand, arguments);
  return holds ? Value(*holds) : Value();
}

}  // namespace minerva::chat::jinja
