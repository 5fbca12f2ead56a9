#pragma once
// The expression half of the parser. Failures stay in the token stream; after one the results are null or partial.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "chat/jinja/ast.h"
#include "chat/jinja/ast_walk.h"
#include "chat/jinja/limits.h"
#include "chat/jinja/token_stream.h"

namespace minerva::chat::jinja {

// A chain such as a + b + c + … is a tree as high as it is long; evaluation descends it.
inline constexpr std::uint32_t kMaxHeight = 500;

class ExpressionParser {
 public:
  ExpressionParser(TokenStream& tokens, const Limits& limits)
      : tokens_(tokens), max_depth_(limits.max_depth) {}

  [[nodiscard]] ExprPtr expression(bool with_conditional = true);
  // One expression, or several with commas between them as a tuple.
  [[nodiscard]] ExprPtr tuple(bool with_conditional = true, bool in_parentheses = false);
  // `|name(…)|name…` applied to `operand` (null: a block's text); `at_name`: the first name is current already.
  [[nodiscard]] ExprPtr filters(ExprPtr operand, bool at_name);
  // Names, fields of a namespace where allowed, and tuples of them.
  [[nodiscard]] Target target(bool with_fields);
  [[nodiscard]] CallArguments call_arguments();

  // Counts one level of nesting; false (and failed) below the limit. Every `enter` has its `leave`.
  [[nodiscard]] bool enter();
  void leave() { --depth_; }

 private:
  [[nodiscard]] ExprPtr conditional();
  [[nodiscard]] ExprPtr logic(bool is_and);
  [[nodiscard]] ExprPtr negation();
  [[nodiscard]] ExprPtr comparison();
  [[nodiscard]] ExprPtr sum();
  [[nodiscard]] ExprPtr concatenation();
  [[nodiscard]] ExprPtr product();
  [[nodiscard]] ExprPtr power();
  [[nodiscard]] ExprPtr unary(bool with_filters = true);
  [[nodiscard]] ExprPtr primary();
  [[nodiscard]] ExprPtr literal();
  [[nodiscard]] ExprPtr list();
  [[nodiscard]] ExprPtr dict();
  [[nodiscard]] ExprPtr postfix(ExprPtr of);
  [[nodiscard]] ExprPtr filters_and_tests(ExprPtr of);
  [[nodiscard]] ExprPtr subscript(ExprPtr of);
  [[nodiscard]] ExprPtr subscript_in_brackets(ExprPtr of, std::uint32_t line);
  [[nodiscard]] ExprPtr call(ExprPtr callee);
  [[nodiscard]] ExprPtr test(ExprPtr operand);
  [[nodiscard]] Target simple_target(bool with_fields);
  [[nodiscard]] std::string dotted_name();

  template <typename Node>
  [[nodiscard]] ExprPtr make(std::uint32_t line, Node node);

  TokenStream& tokens_;
  std::uint32_t max_depth_;
  std::uint32_t depth_ = 0;
};

template <typename Node>
ExprPtr ExpressionParser::make(std::uint32_t line, Node node) {
  auto expr = std::make_unique<Expr>();
  expr->line = line;
  expr->node = std::move(node);
  for_each_part(*expr, [&](const Expr* part) {
    if (part != nullptr) expr->height = std::max(expr->height, part->height + 1);
  });
  if (expr->height > kMaxHeight)
    tokens_.fail("an expression has more than " + std::to_string(kMaxHeight) + " steps in a row");
  return expr;
}

}  // namespace minerva::chat::jinja
