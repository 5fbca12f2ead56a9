#pragma once
// A parsed template. Immutable once `resolve_names` has run; owns its constants; shared by renderings.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chat/jinja/callable.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

struct Expr;
struct Statement;
using ExprPtr = std::unique_ptr<Expr>;
using Body = std::vector<Statement>;

// Where a variable lives: `hops` functions outwards from the one that runs, then the slot there.
struct VariableRef {
  std::uint32_t hops = 0;
  std::uint32_t slot = 0;
};

// What entering a scope does to a slot before anything else: look the name up in the context, copy the value that an
// outer scope has now, or forget what an earlier pass left.
enum class LoadKind : std::uint8_t { kParameter, kResolve, kAlias, kForget };
struct Load {
  LoadKind kind = LoadKind::kForget;
  std::uint32_t slot = 0;
  std::string name;    // kResolve
  VariableRef source;  // kAlias
};
using Scope = std::vector<Load>;

// --- expressions

struct CallArguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr star;       // *args
  ExprPtr star_star;  // **kwargs
};

struct Constant {
  Value value;
};
struct Name {
  std::string name;
  VariableRef ref;
  StringPtr undefined_message;
};
struct ListExpr {
  std::vector<ExprPtr> items;
  bool is_tuple = false;
};
struct DictExpr {
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};
enum class UnaryOp : std::uint8_t { kNot, kNegate, kPlus };
struct UnaryExpr {
  UnaryOp op;
  ExprPtr operand;
};
struct BinaryExpr {
  BinaryOp op;
  ExprPtr left;
  ExprPtr right;
};
struct LogicExpr {
  bool is_and;
  ExprPtr left;
  ExprPtr right;
};
struct ConcatExpr {
  std::vector<ExprPtr> parts;
};
struct CompareExpr {
  ExprPtr first;
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
};
struct ConditionalExpr {
  ExprPtr test;
  ExprPtr then;
  ExprPtr otherwise;
};  // otherwise may be null
struct AttributeExpr {
  ExprPtr of;
  std::string name;
};
struct ItemExpr {
  ExprPtr of;
  ExprPtr key;
};
struct SliceExpr {
  ExprPtr of;
  ExprPtr start;
  ExprPtr stop;
  ExprPtr step;
};  // bounds may be null
struct CallExpr {
  ExprPtr callee;
  CallArguments arguments;
};
struct FilterExpr {
  ExprPtr operand;
  std::string name;
  CallArguments arguments;
};  // operand null: the enclosing block's text
struct TestExpr {
  ExprPtr operand;
  std::string name;
  CallArguments arguments;
};

struct Expr {
  std::uint32_t line = 0;
  std::uint32_t height = 1;  // of the tree below, this node included
  std::variant<Constant, Name, ListExpr, DictExpr, UnaryExpr, BinaryExpr, LogicExpr, ConcatExpr, CompareExpr,
               ConditionalExpr, AttributeExpr, ItemExpr, SliceExpr, CallExpr, FilterExpr, TestExpr>
      node;
};

// --- statements

struct NameTarget {
  std::string name;
  VariableRef ref;
};
struct FieldTarget {
  std::string name;
  VariableRef ref;
  std::string field;
};  // of a namespace
struct Target {
  std::variant<NameTarget, FieldTarget, std::vector<Target>> node;
};

struct MacroDefinition {
  std::string name;  // empty: the body of a call block
  std::vector<std::string> parameters;
  std::vector<ExprPtr> defaults;  // of the last parameters
  Body body;
  Scope scope;
  std::vector<std::uint32_t> parameter_slots;
  bool uses_caller = false;
  bool uses_kwargs = false;
  bool uses_varargs = false;
  std::uint32_t caller_slot = 0;
  std::uint32_t kwargs_slot = 0;
  std::uint32_t varargs_slot = 0;
  std::uint32_t n_slots = 0;
};

struct DataStatement {
  StringPtr text;
};
struct PrintStatement {
  ExprPtr value;
};
struct IfStatement {
  struct Branch {
    ExprPtr test;
    Body body;
  };
  std::vector<Branch> branches;
  Body otherwise;
};
struct ForStatement {
  Target target;
  ExprPtr over;
  ExprPtr condition;        // may be null
  Target condition_target;  // `target` once more, for the condition's own scope
  bool is_recursive = false;
  Body body;
  Body otherwise;
  Scope scope;
  Scope condition_scope;
  Scope otherwise_scope;
  std::uint32_t loop_slot = 0;
  std::uint32_t n_slots = 0;  // recursive: it runs as a function of its own
};
struct SetStatement {
  Target target;
  ExprPtr value;
};
struct SetBlockStatement {
  Target target;
  ExprPtr filter;
  Body body;
  Scope scope;
};  // filter may be null
struct MacroStatement {
  NameTarget target;
  std::unique_ptr<MacroDefinition> definition;
};
struct CallBlockStatement {
  ExprPtr call;
  std::unique_ptr<MacroDefinition> definition;
};
struct FilterBlockStatement {
  ExprPtr filter;
  Body body;
  Scope scope;
};
struct WithStatement {
  std::vector<Target> targets;
  std::vector<ExprPtr> values;
  Body body;
  Scope scope;
};
struct ScopeStatement {
  Body body;
  Scope scope;
};  // {% generation %}
struct BreakStatement {};
struct ContinueStatement {};

struct Statement {
  std::uint32_t line = 0;
  std::variant<DataStatement, PrintStatement, IfStatement, std::unique_ptr<ForStatement>, SetStatement,
               SetBlockStatement, MacroStatement, CallBlockStatement, FilterBlockStatement, WithStatement,
               ScopeStatement, BreakStatement, ContinueStatement>
      node;
};

struct Program {
  Body body;
  Scope scope;
  std::uint32_t n_slots = 0;
};

}  // namespace minerva::chat::jinja
