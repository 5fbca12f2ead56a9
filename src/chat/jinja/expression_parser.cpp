#include "chat/jinja/expression_parser.h"

#include <algorithm>
#include <utility>

#include "chat/jinja/numbers.h"

namespace minerva::chat::jinja {
namespace {

std::optional<CompareOp> compare_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEq: return CompareOp::kEq;
    case TokenKind::kNe: return CompareOp::kNe;
    case TokenKind::kLt: return CompareOp::kLt;
    case TokenKind::kLe: return CompareOp::kLe;
    case TokenKind::kGt: return CompareOp::kGt;
    case TokenKind::kGe: return CompareOp::kGe;
    default: return std::nullopt;
  }
}

std::optional<BinaryOp> product_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::kMul: return BinaryOp::kMul;
    case TokenKind::kDiv: return BinaryOp::kDiv;
    case TokenKind::kFloorDiv: return BinaryOp::kFloorDiv;
    case TokenKind::kMod: return BinaryOp::kMod;
    default: return std::nullopt;
  }
}

}  // namespace

bool ExpressionParser::enter() {
  ++depth_;
  if (depth_ <= max_depth_) return !tokens_.failed();
  tokens_.fail("nested deeper than " + std::to_string(max_depth_) + " levels");
  return false;
}

ExprPtr ExpressionParser::expression(bool with_conditional) {
  ExprPtr result;
  if (enter()) result = with_conditional ? conditional() : logic(false);
  leave();
  return result;
}

ExprPtr ExpressionParser::conditional() {
  ExprPtr then = logic(false);
  while (tokens_.is_name("if")) {
    const std::uint32_t line = tokens_.next().line;
    ExprPtr test = logic(false);
    ExprPtr otherwise;
    if (tokens_.skip_if_name("else")) otherwise = expression();
    then = make(line, ConditionalExpr{std::move(test), std::move(then), std::move(otherwise)});
  }
  return then;
}

ExprPtr ExpressionParser::logic(bool is_and) {
  ExprPtr left = is_and ? negation() : logic(true);
  while (tokens_.is_name(is_and ? "and" : "or")) {
    const std::uint32_t line = tokens_.next().line;
    ExprPtr right = is_and ? negation() : logic(true);
    left = make(line, LogicExpr{is_and, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::negation() {
  if (!tokens_.is_name("not")) return comparison();
  const std::uint32_t line = tokens_.next().line;
  ExprPtr operand;
  if (enter()) operand = negation();
  leave();
  return make(line, UnaryExpr{UnaryOp::kNot, std::move(operand)});
}

ExprPtr ExpressionParser::comparison() {
  const std::uint32_t line = tokens_.current().line;
  ExprPtr first = sum();
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
  while (!tokens_.failed()) {
    if (const std::optional<CompareOp> op = compare_op(tokens_.current().kind)) {
      tokens_.next();
      rest.emplace_back(*op, sum());
    } else if (tokens_.skip_if_name("in")) {
      rest.emplace_back(CompareOp::kIn, sum());
    } else if (tokens_.is_name("not") && tokens_.look().kind == TokenKind::kName &&
               tokens_.look().text == "in") {
      tokens_.next();
      tokens_.next();
      rest.emplace_back(CompareOp::kNotIn, sum());
    } else {
      break;
    }
  }
  return rest.empty() ? std::move(first) : make(line, CompareExpr{std::move(first), std::move(rest)});
}

ExprPtr ExpressionParser::sum() {
  ExprPtr left = concatenation();
  while (tokens_.is(TokenKind::kAdd) || tokens_.is(TokenKind::kSub)) {
    const Token& op = tokens_.next();
    const BinaryOp kind = op.kind == TokenKind::kAdd ? BinaryOp::kAdd : BinaryOp::kSub;
    const std::uint32_t line = op.line;
    left = make(line, BinaryExpr{kind, std::move(left), concatenation()});
  }
  return left;
}

ExprPtr ExpressionParser::concatenation() {
  const std::uint32_t line = tokens_.current().line;
  ExprPtr first = product();
  if (!tokens_.is(TokenKind::kTilde)) return first;
  std::vector<ExprPtr> parts;
  parts.push_back(std::move(first));
  while (tokens_.skip_if(TokenKind::kTilde)) parts.push_back(product());
  return make(line, ConcatExpr{std::move(parts)});
}

ExprPtr ExpressionParser::product() {
  ExprPtr left = power();
  while (const std::optional<BinaryOp> op = product_op(tokens_.current().kind)) {
    const std::uint32_t line = tokens_.next().line;
    left = make(line, BinaryExpr{*op, std::move(left), power()});
  }
  return left;
}

ExprPtr ExpressionParser::power() {
  ExprPtr left = unary();
  while (tokens_.is(TokenKind::kPow)) {  // groups to the left, as jinja2's does
    const std::uint32_t line = tokens_.next().line;
    left = make(line, BinaryExpr{BinaryOp::kPow, std::move(left), unary()});
  }
  return left;
}

ExprPtr ExpressionParser::unary(bool with_filters) {
  ExprPtr result;
  const Token& sign = tokens_.current();
  if (sign.kind == TokenKind::kSub || sign.kind == TokenKind::kAdd) {
    const UnaryOp op = sign.kind == TokenKind::kSub ? UnaryOp::kNegate : UnaryOp::kPlus;
    const std::uint32_t line = tokens_.next().line;
    if (enter()) result = make(line, UnaryExpr{op, unary(false)});
    leave();
  } else {
    result = primary();
  }
  result = postfix(std::move(result));
  return with_filters ? filters_and_tests(std::move(result)) : std::move(result);
}

ExprPtr ExpressionParser::primary() {
  const Token token = tokens_.current();
  switch (token.kind) {
    case TokenKind::kName: {
      tokens_.next();
      if (token.text == "true" || token.text == "True") return make(token.line, Constant{Value(true)});
      if (token.text == "false" || token.text == "False") return make(token.line, Constant{Value(false)});
      if (token.text == "none" || token.text == "None") return make(token.line, Constant{Value(None{})});
      return make(token.line, Name{token.text, {}, make_constant("'" + token.text + "' is undefined")});
    }
    case TokenKind::kString:
    case TokenKind::kInteger:
    case TokenKind::kFloat: return literal();
    case TokenKind::kLeftParen: {
      tokens_.next();
      ExprPtr inner = tuple(true, true);
      tokens_.expect(TokenKind::kRightParen, "')'");
      return inner;
    }
    case TokenKind::kLeftBracket: return list();
    case TokenKind::kLeftBrace: return dict();
    default: tokens_.fail("unexpected " + describe(token)); return nullptr;
  }
}

ExprPtr ExpressionParser::literal() {
  const Token token = tokens_.next();
  if (token.kind == TokenKind::kString) {
    std::string text = token.text;
    while (tokens_.is(TokenKind::kString)) text += tokens_.next().text;
    return make(token.line, Constant{make_constant(std::move(text))});
  }
  if (token.kind == TokenKind::kFloat) return make(token.line, Constant{parse_float(token.text).value_or(0)});
  const std::optional<std::int64_t> number = parse_int(token.text, 0);
  if (!number) tokens_.fail("integer outside of 64 bits", token);
  return make(token.line, Constant{number.value_or(0)});
}

ExprPtr ExpressionParser::tuple(bool with_conditional, bool in_parentheses) {
  const std::uint32_t line = tokens_.current().line;
  const auto at_end = [&] {
    return tokens_.is(TokenKind::kVariableEnd) || tokens_.is(TokenKind::kBlockEnd) ||
           tokens_.is(TokenKind::kRightParen);
  };
  std::vector<ExprPtr> items;
  bool is_tuple = false;
  while (!tokens_.failed() && !at_end()) {
    items.push_back(expression(with_conditional));
    if (!tokens_.skip_if(TokenKind::kComma)) break;
    is_tuple = true;
  }
  if (!is_tuple && items.size() == 1) return std::move(items.front());
  if (!is_tuple && !in_parentheses) {
    tokens_.fail("Expected an expression, got " + describe(tokens_.current()));
    return nullptr;
  }
  return make(line, ListExpr{std::move(items), true});
}

ExprPtr ExpressionParser::list() {
  const std::uint32_t line = tokens_.next().line;
  std::vector<ExprPtr> items;
  while (!tokens_.failed() && !tokens_.is(TokenKind::kRightBracket)) {
    items.push_back(expression());
    if (!tokens_.is(TokenKind::kRightBracket)) tokens_.expect(TokenKind::kComma, "','");
  }
  tokens_.expect(TokenKind::kRightBracket, "']'");
  return make(line, ListExpr{std::move(items), false});
}

ExprPtr ExpressionParser::dict() {
  const std::uint32_t line = tokens_.next().line;
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
  while (!tokens_.failed() && !tokens_.is(TokenKind::kRightBrace)) {
    ExprPtr key = expression();
    tokens_.expect(TokenKind::kColon, "':'");
    entries.emplace_back(std::move(key), expression());
    if (!tokens_.is(TokenKind::kRightBrace)) tokens_.expect(TokenKind::kComma, "','");
  }
  tokens_.expect(TokenKind::kRightBrace, "'}'");
  return make(line, DictExpr{std::move(entries)});
}

}  // namespace minerva::chat::jinja
