// What follows a primary expression: subscripts, calls, filters, tests; and the targets of assignments.

#include <algorithm>
#include <array>
#include <utility>

#include "chat/jinja/expression_parser.h"
#include "chat/jinja/numbers.h"

namespace minerva::chat::jinja {

ExprPtr ExpressionParser::postfix(ExprPtr of) {
  while (!tokens_.failed()) {
    if (tokens_.is(TokenKind::kDot) || tokens_.is(TokenKind::kLeftBracket)) {
      of = subscript(std::move(of));
    } else if (tokens_.is(TokenKind::kLeftParen)) {
      of = call(std::move(of));
    } else {
      break;
    }
  }
  return of;
}

ExprPtr ExpressionParser::filters_and_tests(ExprPtr of) {
  while (!tokens_.failed()) {
    if (tokens_.is(TokenKind::kPipe)) {
      of = filters(std::move(of), false);
    } else if (tokens_.is_name("is")) {
      of = test(std::move(of));
    } else if (tokens_.is(TokenKind::kLeftParen)) {
      of = call(std::move(of));
    } else {
      break;
    }
  }
  return of;
}

ExprPtr ExpressionParser::subscript(ExprPtr of) {
  const Token opening = tokens_.next();
  if (opening.kind == TokenKind::kLeftBracket) return subscript_in_brackets(std::move(of), opening.line);
  const Token name = tokens_.next();
  if (name.kind == TokenKind::kName) return make(opening.line, AttributeExpr{std::move(of), name.text});
  if (name.kind != TokenKind::kInteger) tokens_.fail("expected name or number", name);
  ExprPtr key = make(name.line, Constant{parse_int(name.text, 0).value_or(0)});
  return make(opening.line, ItemExpr{std::move(of), std::move(key)});
}

ExprPtr ExpressionParser::subscript_in_brackets(ExprPtr of, std::uint32_t line) {
  std::array<ExprPtr, 3> bounds;
  bool is_slice = false;
  for (std::size_t i = 0; i < bounds.size() && !tokens_.failed(); ++i) {
    if (!tokens_.is(TokenKind::kColon) && !tokens_.is(TokenKind::kRightBracket)) bounds[i] = expression();
    if (!tokens_.is(TokenKind::kColon) || i == 2) break;
    tokens_.next();
    is_slice = true;
  }
  if (!is_slice && bounds[0] != nullptr && tokens_.is(TokenKind::kComma)) {
    std::vector<ExprPtr> items;
    items.push_back(std::move(bounds[0]));
    while (tokens_.skip_if(TokenKind::kComma)) items.push_back(expression());
    bounds[0] = make(line, ListExpr{std::move(items), true});
  }
  if (!is_slice && bounds[0] == nullptr) bounds[0] = make(line, ListExpr{{}, true});
  tokens_.expect(TokenKind::kRightBracket, "']'");
  if (!is_slice) return make(line, ItemExpr{std::move(of), std::move(bounds[0])});
  return make(line,
              SliceExpr{std::move(of), std::move(bounds[0]), std::move(bounds[1]), std::move(bounds[2])});
}

ExprPtr ExpressionParser::call(ExprPtr callee) {
  const std::uint32_t line = tokens_.current().line;
  CallArguments arguments = call_arguments();
  return make(line, CallExpr{std::move(callee), std::move(arguments)});
}

CallArguments ExpressionParser::call_arguments() {
  CallArguments arguments;
  const Token opening = tokens_.expect(TokenKind::kLeftParen, "'('");
  const auto require = [&](bool condition) {
    if (!condition) tokens_.fail("invalid syntax for function call expression", opening);
  };
  while (!tokens_.failed() && !tokens_.is(TokenKind::kRightParen)) {
    if (tokens_.skip_if(TokenKind::kMul)) {
      require(arguments.star == nullptr && arguments.star_star == nullptr);
      arguments.star = expression();
    } else if (tokens_.skip_if(TokenKind::kPow)) {
      require(arguments.star_star == nullptr);
      arguments.star_star = expression();
    } else if (tokens_.is(TokenKind::kName) && tokens_.look().kind == TokenKind::kAssign) {
      require(arguments.star_star == nullptr);
      std::string name = tokens_.next().text;
      tokens_.next();
      arguments.named.emplace_back(std::move(name), expression());
    } else {
      require(arguments.star == nullptr && arguments.star_star == nullptr && arguments.named.empty());
      arguments.positional.push_back(expression());
    }
    if (!tokens_.is(TokenKind::kRightParen)) tokens_.expect(TokenKind::kComma, "','");
  }
  tokens_.expect(TokenKind::kRightParen, "')'");
  return arguments;
}

std::string ExpressionParser::dotted_name() {
  std::string name = tokens_.expect(TokenKind::kName, "a name").text;
  while (tokens_.skip_if(TokenKind::kDot)) name += "." + tokens_.expect(TokenKind::kName, "a name").text;
  return name;
}

ExprPtr ExpressionParser::filters(ExprPtr operand, bool at_name) {
  while (!tokens_.failed() && (at_name || tokens_.skip_if(TokenKind::kPipe))) {
    at_name = false;
    const std::uint32_t line = tokens_.current().line;
    std::string name = dotted_name();
    CallArguments arguments;
    if (tokens_.is(TokenKind::kLeftParen)) arguments = call_arguments();
    operand = make(line, FilterExpr{std::move(operand), std::move(name), std::move(arguments)});
  }
  return operand;
}

ExprPtr ExpressionParser::test(ExprPtr operand) {
  const std::uint32_t line = tokens_.next().line;
  const bool is_negated = tokens_.skip_if_name("not");
  std::string name = dotted_name();
  CallArguments arguments;
  constexpr std::array kArgumentStarts = {TokenKind::kName,  TokenKind::kString,      TokenKind::kInteger,
                                          TokenKind::kFloat, TokenKind::kLeftBracket, TokenKind::kLeftBrace};
  const bool is_operator = tokens_.is_name("else") || tokens_.is_name("or") || tokens_.is_name("and");
  if (tokens_.is(TokenKind::kLeftParen)) {
    arguments = call_arguments();
  } else if (std::ranges::contains(kArgumentStarts, tokens_.current().kind) && !is_operator) {
    if (tokens_.is_name("is")) tokens_.fail("You cannot chain multiple tests with is");
    arguments.positional.push_back(postfix(primary()));
  }
  ExprPtr result = make(line, TestExpr{std::move(operand), std::move(name), std::move(arguments)});
  return is_negated ? make(line, UnaryExpr{UnaryOp::kNot, std::move(result)}) : std::move(result);
}

Target ExpressionParser::simple_target(bool with_fields) {
  if (tokens_.is(TokenKind::kLeftParen)) {
    tokens_.next();
    Target inner;
    if (enter()) inner = target(with_fields);
    leave();
    tokens_.expect(TokenKind::kRightParen, "')'");
    return inner;
  }
  const Token name = tokens_.current();
  constexpr std::array<std::string_view, 6> kConstants = {"true", "false", "none", "True", "False", "None"};
  if (name.kind != TokenKind::kName || std::ranges::contains(kConstants, name.text)) {
    tokens_.fail("can't assign to " + describe(name));
    return {};
  }
  tokens_.next();
  if (!with_fields || !tokens_.skip_if(TokenKind::kDot)) return {NameTarget{name.text, {}}};
  return {FieldTarget{name.text, {}, tokens_.expect(TokenKind::kName, "a name").text}};
}

Target ExpressionParser::target(bool with_fields) {
  std::vector<Target> parts;
  bool is_tuple = false;
  while (!tokens_.failed()) {
    parts.push_back(simple_target(with_fields));
    if (!tokens_.skip_if(TokenKind::kComma)) break;
    is_tuple = true;
    const bool at_end = tokens_.is(TokenKind::kBlockEnd) || tokens_.is(TokenKind::kRightParen);
    if (at_end) break;
  }
  if (!is_tuple && parts.size() == 1) return std::move(parts.front());
  return {std::move(parts)};
}

}  // namespace minerva::chat::jinja
