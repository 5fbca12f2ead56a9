#pragma once
// Walks a resolved Program and writes its output.
//
// Threads: one rendering, one thread; the Program is shared and read only.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "chat/jinja/ast.h"
#include "chat/jinja/callable.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/runtime.h"

namespace minerva::chat::jinja {

// The variables of one call of a function (see VariableRef).
struct Activation : Object {
  Activation(std::uint32_t n_slots, Activation* around) : slots(n_slots), outer(around) {}
  std::vector<Value> slots;
  Activation* outer;
};

using Context = std::unordered_map<std::string, Value>;

class Evaluator {
 public:
  // `context` holds the variables that the template does not set itself, built-in functions included.
  Evaluator(Runtime& runtime, const Context& context) : runtime_(runtime), context_(context) {}

  // The template's output; partial when the runtime has failed.
  [[nodiscard]] Text run(const Program& program);

 private:
  enum class Flow : std::uint8_t { kNormal, kBreak, kContinue };

  // --- statements (evaluator.cpp)
  Flow execute(const Body& body);
  Flow execute(const Statement& statement);
  Flow execute(const IfStatement& node);
  Flow execute(const SetStatement& node);
  Flow execute(const SetBlockStatement& node);
  Flow execute(const CallBlockStatement& node);
  Flow execute(const FilterBlockStatement& node);
  Flow execute(const WithStatement& node);
  Flow execute_loop(const ForStatement& node);
  void run_loop(const ForStatement& node, const Value& over, std::int64_t depth0);
  [[nodiscard]] std::optional<Value> next_that_passes(const ForStatement& node, Cursor& cursor,
                                                      bool& is_entered);
  [[nodiscard]] std::pair<Text, Flow> capture(const Body& body);
  void write(const Value& value);
  void enter(const Scope& scope);
  void assign(const Target& target, const Value& value);
  void unpack(const std::vector<Target>& targets, const Value& value);
  [[nodiscard]] Value target_value(const Target& target);
  [[nodiscard]] Value& slot(VariableRef ref);

  // --- expressions (evaluator_expressions.cpp)
  [[nodiscard]] Value evaluate(const Expr& expr);
  [[nodiscard]] Value evaluate_optional(const ExprPtr& expr) {
    return expr == nullptr ? Value() : evaluate(*expr);
  }
  [[nodiscard]] Value eval(const Constant& node) { return node.value; }
  [[nodiscard]] Value eval(const Name& node);
  [[nodiscard]] Value eval(const ListExpr& node);
  [[nodiscard]] Value eval(const DictExpr& node);
  [[nodiscard]] Value eval(const UnaryExpr& node);
  [[nodiscard]] Value eval(const BinaryExpr& node);
  [[nodiscard]] Value eval(const LogicExpr& node);
  [[nodiscard]] Value eval(const ConcatExpr& node);
  [[nodiscard]] Value eval(const CompareExpr& node);
  [[nodiscard]] Value eval(const ConditionalExpr& node);
  [[nodiscard]] Value eval(const AttributeExpr& node);
  [[nodiscard]] Value eval(const ItemExpr& node);
  [[nodiscard]] Value eval(const SliceExpr& node);
  [[nodiscard]] Value eval(const CallExpr& node) { return call(node, {}); }
  [[nodiscard]] Value eval(const FilterExpr& node);
  [[nodiscard]] Value eval(const TestExpr& node);

  // --- calls (evaluator_calls.cpp)
  // `caller`: the body of a call block, passed as that keyword; Missing outside of one.
  [[nodiscard]] Value call(const CallExpr& node, const Value& caller);
  [[nodiscard]] bool evaluate_arguments(const CallArguments& nodes, Arguments& into);
  [[nodiscard]] Value call_value(const Value& callee, Arguments& arguments);
  [[nodiscard]] Value call_macro(const Callable& macro, const Arguments& arguments);
  [[nodiscard]] bool bind_macro(const MacroDefinition& macro, const Arguments& arguments,
                                Activation& activation);
  [[nodiscard]] Value call_loop(LoopState& loop, const Arguments& arguments);
  [[nodiscard]] Value make_macro(const MacroDefinition& definition);
  [[nodiscard]] Value apply_filter(const FilterExpr& node, const Value& operand);

  Runtime& runtime_;
  const Context& context_;
  Activation* activation_ = nullptr;
  Text* out_ = nullptr;
  Value block_text_;  // what a filter without operand is applied to
};

}  // namespace minerva::chat::jinja
