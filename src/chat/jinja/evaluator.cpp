#include "chat/jinja/evaluator.h"

#include <utility>

#include "chat/jinja/ast_walk.h"
#include "chat/jinja/python_repr.h"

namespace minerva::chat::jinja {

Text Evaluator::run(const Program& program) {
  Text out;
  out_ = &out;
  activation_ = runtime_.make<Activation>(program.n_slots, nullptr);
  enter(program.scope);
  execute(program.body);
  return out;
}

Value& Evaluator::slot(VariableRef ref) {
  Activation* activation = activation_;
  for (std::uint32_t i = 0; i < ref.hops; ++i) activation = activation->outer;
  return activation->slots[ref.slot];
}

void Evaluator::enter(const Scope& scope) {
  if (!runtime_.step(scope.size())) return;
  for (const Load& load : scope) {
    Value& to = activation_->slots[load.slot];
    if (load.kind == LoadKind::kAlias) {
      to = slot(load.source);
    } else if (load.kind == LoadKind::kResolve) {
      const auto found = context_.find(load.name);
      to = found == context_.end() ? Value() : found->second;
    } else {
      to = Value();
    }
  }
}

void Evaluator::write(const Value& value) {
  if (runtime_.failed() || value.is_undefined()) return;
  const Text* text = value.is_string() ? &value.string().text : nullptr;
  Text made;
  if (text == nullptr) {
    made = to_text(runtime_, value);
    text = &made;
  }
  if (!runtime_.check_string_size(out_->memory_bytes() + text->memory_bytes()) ||
      !runtime_.charge_bytes(text->memory_bytes()))
    return;
  out_->append(*text);
}

Evaluator::Flow Evaluator::execute(const Body& body) {
  for (const Statement& statement : body) {
    const Flow flow = execute(statement);
    if (runtime_.failed()) return Flow::kBreak;
    if (flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::execute(const Statement& statement) {
  runtime_.set_line(statement.line);
  if (!runtime_.step() || !runtime_.stack_is_left()) return Flow::kBreak;
  return std::visit(Overloaded{
                        [&](const DataStatement& s) { return write(s.text), Flow::kNormal; },
                        [&](const PrintStatement& s) { return write(evaluate(*s.value)), Flow::kNormal; },
                        [&](const std::unique_ptr<ForStatement>& s) { return execute_loop(*s); },
                        [&](const MacroStatement& s) {
                          return slot(s.target.ref) = make_macro(*s.definition), Flow::kNormal;
                        },
                        [&](const ScopeStatement& s) { return enter(s.scope), execute(s.body); },
                        [](const BreakStatement&) { return Flow::kBreak; },
                        [](const ContinueStatement&) { return Flow::kContinue; },
                        [&](const auto& s) { return execute(s); },
                    },
                    statement.node);
}

Evaluator::Flow Evaluator::execute(const IfStatement& node) {
  for (const IfStatement::Branch& branch : node.branches) {
    const bool holds = is_true(evaluate(*branch.test));
    if (runtime_.failed()) return Flow::kBreak;
    if (holds) return execute(branch.body);
  }
  return execute(node.otherwise);
}

std::pair<Text, Evaluator::Flow> Evaluator::capture(const Body& body) {
  Text text;
  Text* outer = std::exchange(out_, &text);
  const Flow flow = execute(body);
  out_ = outer;
  return {std::move(text), flow};
}

Evaluator::Flow Evaluator::execute(const SetStatement& node) {
  assign(node.target, evaluate(*node.value));
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::execute(const SetBlockStatement& node) {
  enter(node.scope);
  auto [text, flow] = capture(node.body);
  if (runtime_.failed() || flow != Flow::kNormal) return flow;
  Value value = runtime_.string(std::move(text));
  if (node.filter != nullptr) {
    Value outer = std::exchange(block_text_, value);
    value = evaluate(*node.filter);
    block_text_ = std::move(outer);
  }
  assign(node.target, value);
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::execute(const CallBlockStatement& node) {
  const Value caller = make_macro(*node.definition);
  write(call(std::get<CallExpr>(node.call->node), caller));
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::execute(const FilterBlockStatement& node) {
  enter(node.scope);
  auto [text, flow] = capture(node.body);
  if (runtime_.failed() || flow != Flow::kNormal) return flow;
  Value outer = std::exchange(block_text_, runtime_.string(std::move(text)));
  write(evaluate(*node.filter));
  block_text_ = std::move(outer);
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::execute(const WithStatement& node) {
  enter(node.scope);
  for (std::size_t i = 0; i < node.targets.size(); ++i) assign(node.targets[i], evaluate(*node.values[i]));
  return execute(node.body);
}

void Evaluator::assign(const Target& target, const Value& value) {
  if (runtime_.failed()) return;
  std::visit(Overloaded{
                 [&](const NameTarget& name) { slot(name.ref) = value; },
                 [&](const FieldTarget& field) {
                   const Value& owner = slot(field.ref);
                   if (!owner.is(Kind::kNamespace)) {
                     runtime_.fail("cannot assign attribute on non-namespace object");
                     return;
                   }
                   runtime_.set(*owner.as<NamespaceRef>().fields, runtime_.string(field.field), value);
                 },
                 [&](const std::vector<Target>& parts) { unpack(parts, value); },
             },
             target.node);
}

void Evaluator::unpack(const std::vector<Target>& targets, const Value& value) {
  std::vector<Value> items;
  Cursor cursor(runtime_, value);
  while (std::optional<Value> item = cursor.next()) {
    items.push_back(std::move(*item));
    if (items.size() > targets.size()) break;
  }
  if (runtime_.failed()) return;
  if (items.size() != targets.size()) {
    runtime_.fail(items.size() > targets.size()
                      ? "too many values to unpack (expected " + std::to_string(targets.size()) + ")"
                      : "not enough values to unpack (expected " + std::to_string(targets.size()) + ", got " +
                            std::to_string(items.size()) + ")");
    return;
  }
  for (std::size_t i = 0; i < targets.size(); ++i) assign(targets[i], items[i]);
}

// What the target holds after an assignment: the loop's `if` passes this on, so an unpacked list becomes a tuple.
Value Evaluator::target_value(const Target& target) {
  if (const auto* name = std::get_if<NameTarget>(&target.node)) return slot(name->ref);
  const auto& parts = std::get<std::vector<Target>>(target.node);
  Sequence* tuple = runtime_.sequence(SequenceKind::kTuple, parts.size());
  for (const Target& part : parts) runtime_.append(*tuple, target_value(part));
  return tuple;
}

std::optional<Value> Evaluator::next_that_passes(const ForStatement& node, Cursor& cursor, bool& is_entered) {
  if (!is_entered) enter(node.condition_scope);
  is_entered = true;
  while (std::optional<Value> item = cursor.next()) {
    assign(node.condition_target, *item);
    const bool passes = is_true(evaluate(*node.condition));
    if (runtime_.failed()) return std::nullopt;
    if (passes) return target_value(node.condition_target);
  }
  return std::nullopt;
}

Evaluator::Flow Evaluator::execute_loop(const ForStatement& node) {
  const Value over = evaluate(*node.over);
  if (runtime_.failed()) return Flow::kBreak;
  if (!node.is_recursive) {
    run_loop(node, over, 0);
    return Flow::kNormal;
  }
  Activation* outer = std::exchange(activation_, runtime_.make<Activation>(node.n_slots, activation_));
  run_loop(node, over, 0);
  activation_ = outer;
  return Flow::kNormal;
}

void Evaluator::run_loop(const ForStatement& node, const Value& over, std::int64_t depth0) {
  std::function<std::optional<Value>()> source;
  if (node.condition != nullptr) {
    // Reading ahead (`loop.last`) may happen inside of a macro, where another activation is current.
    source = [this, &node, cursor = Cursor(runtime_, over), own = activation_, is_entered = false]() mutable {
      Activation* const current = std::exchange(activation_, own);
      std::optional<Value> item = next_that_passes(node, cursor, is_entered);
      activation_ = current;
      return item;
    };
  }
  auto* loop = runtime_.make<LoopState>(runtime_, over, std::move(source));
  loop->depth0 = depth0;
  loop->recursive = node.is_recursive ? &node : nullptr;
  loop->activation = node.is_recursive ? activation_->outer : nullptr;
  bool has_finished_one = false;  // jinja2 runs the else part unless a pass reached the body's end
  while (!runtime_.failed() && loop->advance()) {
    assign(node.target, loop->current);
    enter(node.scope);
    activation_->slots[node.loop_slot] = loop;
    const Flow flow = execute(node.body);
    if (flow == Flow::kBreak) break;
    has_finished_one = has_finished_one || flow == Flow::kNormal;
  }
  if (has_finished_one || runtime_.failed()) return;
  enter(node.otherwise_scope);
  execute(node.otherwise);
}

}  // namespace minerva::chat::jinja
