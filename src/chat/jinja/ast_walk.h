#pragma once
// Visiting the parts of an expression, and the statements of a body.

#include <utility>

#include "chat/jinja/ast.h"

namespace minerva::chat::jinja {

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

template <typename Visit>
void for_each_argument(const CallArguments& arguments, const Visit& visit) {
  for (const ExprPtr& argument : arguments.positional) visit(argument.get());
  for (const auto& [name, argument] : arguments.named) visit(argument.get());
  visit(arguments.star.get());
  visit(arguments.star_star.get());
}

// Calls `visit(Expr*)` for each direct part of `expr`, in source order; parts that are absent are null.
template <typename Visit>
void for_each_part(const Expr& expr, const Visit& visit) {
  const auto all = [&](const std::vector<ExprPtr>& parts) {
    for (const ExprPtr& part : parts) visit(part.get());
  };
  std::visit(Overloaded{
                 [](const Constant&) {},
                 [](const Name&) {},
                 [&](const ListExpr& e) { all(e.items); },
                 [&](const DictExpr& e) {
                   for (const auto& [key, value] : e.entries) {
                     visit(key.get());
                     visit(value.get());
                   }
                 },
                 [&](const UnaryExpr& e) { visit(e.operand.get()); },
                 [&](const BinaryExpr& e) { visit(e.left.get()), visit(e.right.get()); },
                 [&](const LogicExpr& e) { visit(e.left.get()), visit(e.right.get()); },
                 [&](const ConcatExpr& e) { all(e.parts); },
                 [&](const CompareExpr& e) {
                   visit(e.first.get());
                   for (const auto& [op, operand] : e.rest) visit(operand.get());
                 },
                 [&](const ConditionalExpr& e) {
                   visit(e.test.get()), visit(e.then.get()), visit(e.otherwise.get());
                 },
                 [&](const AttributeExpr& e) { visit(e.of.get()); },
                 [&](const ItemExpr& e) { visit(e.of.get()), visit(e.key.get()); },
                 [&](const SliceExpr& e) {
                   visit(e.of.get());
                   for (const ExprPtr* bound : {&e.start, &e.stop, &e.step}) visit(bound->get());
                 },
                 [&](const CallExpr& e) {
                   visit(e.callee.get());
                   for_each_argument(e.arguments, visit);
                 },
                 [&](const FilterExpr& e) {
                   visit(e.operand.get());
                   for_each_argument(e.arguments, visit);
                 },
                 [&](const TestExpr& e) {
                   visit(e.operand.get());
                   for_each_argument(e.arguments, visit);
                 },
             },
             expr.node);
}

}  // namespace minerva::chat::jinja
