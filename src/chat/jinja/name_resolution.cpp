#include "chat/jinja/name_resolution.h"

#include <algorithm>
#include <utility>

#include "chat/jinja/ast_walk.h"
#include "chat/jinja/lexer.h"
#include "chat/jinja/symbols.h"

namespace minerva::chat::jinja {
namespace {

// --- first pass over a scope: which names it reads and assigns

void collect(Symbols& symbols, const Expr* expr) {
  if (expr == nullptr) return;
  if (const auto* name = std::get_if<Name>(&expr->node)) symbols.load(name->name);
  for_each_part(*expr, [&](const Expr* part) { collect(symbols, part); });
}

void collect(Symbols& symbols, const Target& target, bool as_parameter) {
  std::visit(Overloaded{
                 [&](const NameTarget& name) {
                   if (as_parameter) {
                     symbols.parameter(name.name);
                   } else {
                     symbols.store(name.name);
                   }
                 },
                 [&](const FieldTarget& field) { symbols.load(field.name); },
                 [&](const std::vector<Target>& parts) {
                   for (const Target& part : parts) collect(symbols, part, as_parameter);
                 },
             },
             target.node);
}

void collect(Symbols& symbols, const Body& body);

void collect(Symbols& symbols, const IfStatement& node) {
  collect(symbols, node.branches.front().test.get());
  Symbols first = symbols;
  collect(first, node.branches.front().body);
  Symbols elifs = symbols;
  for (std::size_t i = 1; i < node.branches.size(); ++i) {
    collect(elifs, node.branches[i].test.get());
    Symbols branch = elifs;
    collect(branch, node.branches[i].body);
    elifs.join({&branch});
  }
  Symbols otherwise = symbols;
  collect(otherwise, node.otherwise);
  symbols.join({&first, &elifs, &otherwise});
}

void collect(Symbols& symbols, const Body& body) {
  for (const Statement& statement : body) {
    std::visit(Overloaded{
                   [](const auto&) {},
                   [&](const PrintStatement& s) { collect(symbols, s.value.get()); },
                   [&](const IfStatement& s) { collect(symbols, s); },
                   [&](const std::unique_ptr<ForStatement>& s) { collect(symbols, s->over.get()); },
                   [&](const SetStatement& s) {
                     collect(symbols, s.value.get());
                     collect(symbols, s.target, false);
                   },
                   [&](const SetBlockStatement& s) { collect(symbols, s.target, false); },
                   [&](const MacroStatement& s) { symbols.store(s.target.name); },
                   [&](const CallBlockStatement& s) { collect(symbols, s.call.get()); },
                   [&](const FilterBlockStatement& s) { collect(symbols, s.filter.get()); },
                   [&](const WithStatement& s) {
                     for (const ExprPtr& value : s.values) collect(symbols, value.get());
                   },
               },
               statement.node);
  }
}

// --- does a body speak of a special name?

bool mentions(const Expr* expr, std::string_view name) {
  if (expr == nullptr) return false;
  const auto* own = std::get_if<Name>(&expr->node);
  bool found = own != nullptr && own->name == name;
  for_each_part(*expr, [&](const Expr* part) { found = found || mentions(part, name); });
  return found;
}

bool mentions(const Body& body, std::string_view name) {
  const auto any = [&](const auto&... parts) { return (mentions(parts, name) || ...); };
  const auto in_macro = [&](const MacroDefinition& macro) {
    bool found = mentions(macro.body, name);
    for (const ExprPtr& value : macro.defaults) found = found || mentions(value.get(), name);
    return found;
  };
  for (const Statement& statement : body) {
    const bool found = std::visit(
        Overloaded{
            [](const auto&) { return false; },
            [&](const PrintStatement& s) { return any(s.value.get()); },
            [&](const IfStatement& s) {
              bool in_branch = mentions(s.otherwise, name);
              for (const auto& branch : s.branches)
                in_branch = in_branch || any(branch.test.get(), branch.body);
              return in_branch;
            },
            [&](const std::unique_ptr<ForStatement>& s) {
              return any(s->over.get(), s->condition.get(), s->body, s->otherwise);
            },
            [&](const SetStatement& s) { return any(s.value.get()); },
            [&](const SetBlockStatement& s) { return any(s.filter.get(), s.body); },
            [&](const MacroStatement& s) { return in_macro(*s.definition); },
            [&](const CallBlockStatement& s) { return any(s.call.get()) || in_macro(*s.definition); },
            [&](const FilterBlockStatement& s) { return any(s.filter.get(), s.body); },
            [&](const WithStatement& s) {
              bool in_value = mentions(s.body, name);
              for (const ExprPtr& value : s.values) in_value = in_value || any(value.get());
              return in_value;
            },
            [&](const ScopeStatement& s) { return any(s.body); },
        },
        statement.node);
    if (found) return true;
  }
  return false;
}

// --- second pass: references, and the scopes inside

class Resolver {
 public:
  void body(const Symbols& symbols, Body& statements) {
    for (Statement& statement : statements) {
      std::visit([&](auto& node) { resolve(symbols, node); }, statement.node);
      if (assigns_loop_ && !error_) {
        error_ = syntax_error("Can't assign to special loop variable in for-loop target", statement.line, 1);
      }
    }
  }

  std::optional<Error> error_;

 private:
  static void expression(const Symbols& symbols, Expr* expr) {
    if (expr == nullptr) return;
    if (auto* name = std::get_if<Name>(&expr->node))
      name->ref = symbols.find(name->name).value_or(VariableRef{});
    for_each_part(*expr, [&](Expr* part) { expression(symbols, part); });
  }

  void target(const Symbols& symbols, Target& to) {
    std::visit(Overloaded{
                   [&](NameTarget& name) {
                     name.ref = symbols.find(name.name).value_or(VariableRef{});
                     assigns_loop_ = assigns_loop_ || (n_loops_ > 0 && name.name == "loop");
                   },
                   [&](FieldTarget& field) { field.ref = symbols.find(field.name).value_or(VariableRef{}); },
                   [&](std::vector<Target>& parts) {
                     for (Target& part : parts) target(symbols, part);
                   },
               },
               to.node);
  }

  void resolve(const Symbols& /*symbols*/, DataStatement& /*node*/) {}
  void resolve(const Symbols& /*symbols*/, BreakStatement& /*node*/) {}
  void resolve(const Symbols& /*symbols*/, ContinueStatement& /*node*/) {}
  void resolve(const Symbols& symbols, PrintStatement& node) { expression(symbols, node.value.get()); }

  void resolve(const Symbols& symbols, IfStatement& node) {
    for (IfStatement::Branch& branch : node.branches) {
      expression(symbols, branch.test.get());
      body(symbols, branch.body);
    }
    body(symbols, node.otherwise);
  }

  void resolve(const Symbols& symbols, std::unique_ptr<ForStatement>& node) { loop(symbols, *node); }

  void loop(const Symbols& symbols, ForStatement& node) {
    expression(symbols, node.over.get());
    ++n_loops_;
    FunctionSlots own;
    FunctionSlots* function = node.is_recursive ? &own : symbols.function();

    Symbols inner(&symbols, function);
    node.loop_slot = inner.parameter("loop");
    collect(inner, node.target, true);
    collect(inner, node.body);
    target(inner, node.target);
    body(inner, node.body);
    node.scope = inner.scope();

    if (node.condition != nullptr) {
      Symbols condition(&symbols, function);
      collect(condition, node.condition_target, true);
      collect(condition, node.condition.get());
      target(condition, node.condition_target);
      expression(condition, node.condition.get());
      node.condition_scope = condition.scope();
    }

    Symbols otherwise(&symbols, function);
    collect(otherwise, node.otherwise);
    body(otherwise, node.otherwise);
    node.otherwise_scope = otherwise.scope();
    node.n_slots = own.n_slots;
    --n_loops_;
  }

  void resolve(const Symbols& symbols, SetStatement& node) {
    expression(symbols, node.value.get());
    target(symbols, node.target);
  }

  void resolve(const Symbols& symbols, SetBlockStatement& node) {
    Symbols inner(&symbols, symbols.function());
    collect(inner, node.body);
    collect(inner, node.filter.get());
    body(inner, node.body);
    expression(inner, node.filter.get());
    node.scope = inner.scope();
    target(symbols, node.target);
  }

  void macro(const Symbols& symbols, MacroDefinition& node) {
    FunctionSlots own;
    Symbols inner(&symbols, &own);
    for (const std::string& name : node.parameters) node.parameter_slots.push_back(inner.parameter(name));
    const auto special = [&](const std::string& name, bool& used, std::uint32_t& slot) {
      used = !std::ranges::contains(node.parameters, name) && mentions(node.body, name);
      if (used) slot = inner.parameter(name);
    };
    special("caller", node.uses_caller, node.caller_slot);
    special("kwargs", node.uses_kwargs, node.kwargs_slot);
    special("varargs", node.uses_varargs, node.varargs_slot);
    for (const ExprPtr& value : node.defaults) collect(inner, value.get());
    collect(inner, node.body);
    for (const ExprPtr& value : node.defaults) expression(inner, value.get());
    body(inner, node.body);
    node.scope = inner.scope();
    node.n_slots = own.n_slots;
  }

  void resolve(const Symbols& symbols, MacroStatement& node) {
    node.target.ref = symbols.find(node.target.name).value_or(VariableRef{});
    macro(symbols, *node.definition);
  }

  void resolve(const Symbols& symbols, CallBlockStatement& node) {
    expression(symbols, node.call.get());
    macro(symbols, *node.definition);
  }

  void resolve(const Symbols& symbols, FilterBlockStatement& node) {
    Symbols inner(&symbols, symbols.function());
    collect(inner, node.body);
    collect(inner, node.filter.get());
    body(inner, node.body);
    expression(inner, node.filter.get());
    node.scope = inner.scope();
  }

  void resolve(const Symbols& symbols, WithStatement& node) {
    for (const ExprPtr& value : node.values) expression(symbols, value.get());
    Symbols inner(&symbols, symbols.function());
    for (const Target& to : node.targets) collect(inner, to, true);
    collect(inner, node.body);
    for (Target& to : node.targets) target(inner, to);
    body(inner, node.body);
    node.scope = inner.scope();
  }

  void resolve(const Symbols& symbols, ScopeStatement& node) {
    Symbols inner(&symbols, symbols.function());
    collect(inner, node.body);
    body(inner, node.body);
    node.scope = inner.scope();
  }

  std::uint32_t n_loops_ = 0;
  bool assigns_loop_ = false;
};

}  // namespace

Status resolve_names(Program& program) {
  FunctionSlots function;
  Symbols symbols(nullptr, &function);
  collect(symbols, program.body);
  Resolver resolver;
  resolver.body(symbols, program.body);
  if (resolver.error_) return std::unexpected(std::move(*resolver.error_));
  program.scope = symbols.scope();
  program.n_slots = function.n_slots;
  return {};
}

}  // namespace minerva::chat::jinja
