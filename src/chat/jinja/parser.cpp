#include "chat/jinja/parser.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "chat/jinja/expression_parser.h"
#include "chat/jinja/token_stream.h"

namespace minerva::chat::jinja {
namespace {

using EndNames = std::initializer_list<std::string_view>;

class Parser {
 public:
  Parser(std::vector<Token> tokens, const Limits& limits)
      : tokens_(std::move(tokens)), expressions_(tokens_, limits) {}

  Result<Program> run() {
    Program program;
    program.body = body({});
    if (tokens_.failed()) return std::unexpected(tokens_.take_error());
    return program;
  }

 private:
  // Statements until a tag with one of `ends`, which is then current; or the end of the template when there are none.
  Body body(EndNames ends) {
    Body result;
    while (!tokens_.failed()) {
      const Token token = tokens_.current();
      if (token.kind == TokenKind::kEnd) {
        if (ends.size() > 0) fail_unclosed(ends);
        break;
      }
      tokens_.next();
      if (token.kind == TokenKind::kData) {
        result.push_back({token.line, DataStatement{make_constant(token.text)}});
      } else if (token.kind == TokenKind::kVariableBegin) {
        result.push_back({token.line, PrintStatement{expressions_.tuple()}});
        tokens_.expect(TokenKind::kVariableEnd, "end of print statement");
      } else {
        if (tokens_.is(TokenKind::kName) && std::ranges::contains(ends, tokens_.current().text)) break;
        statement(result);
        tokens_.expect(TokenKind::kBlockEnd, "end of statement block");
      }
    }
    return result;
  }

  void fail_unclosed(EndNames ends) {
    std::string names;
    for (const std::string_view name : ends)
      names += (names.empty() ? "'" : " or '") + std::string(name) + "'";
    tokens_.fail("Unexpected end of template. Jinja was looking for the following tags: " + names);
  }

  // The body of a statement: behind its tag's end, until one of `ends`; that name is taken and returned.
  std::pair<Body, std::string> enclosed(EndNames ends) {
    tokens_.skip_if(TokenKind::kColon);
    tokens_.expect(TokenKind::kBlockEnd, "end of statement block");
    Body result;
    if (expressions_.enter()) result = body(ends);
    expressions_.leave();
    std::string end = tokens_.next().text;
    return {std::move(result), std::move(end)};
  }

  void statement(Body& into) {
    struct Tag {
      std::string_view name;
      void (Parser::*parse)(Body&, std::uint32_t);
    };
    static constexpr std::array kTags = {Tag{"if", &Parser::if_statement},
                                         Tag{"for", &Parser::for_statement},
                                         Tag{"set", &Parser::set_statement},
                                         Tag{"macro", &Parser::macro_statement},
                                         Tag{"call", &Parser::call_block},
                                         Tag{"filter", &Parser::filter_block},
                                         Tag{"with", &Parser::with_statement},
                                         Tag{"print", &Parser::print_statement},
                                         Tag{"break", &Parser::break_statement},
                                         Tag{"continue", &Parser::continue_statement},
                                         Tag{"generation", &Parser::generation_block}};
    const Token name = tokens_.expect(TokenKind::kName, "a tag name");
    if (tokens_.failed()) return;
    const auto* found = std::ranges::find(kTags, name.text, &Tag::name);
    if (found != kTags.end()) {
      (this->*found->parse)(into, name.line);
    } else {
      tokens_.fail("Encountered unknown tag '" + name.text + "'.", name);
    }
  }

  void if_statement(Body& into, std::uint32_t line) {
    IfStatement node;
    std::string end = "elif";
    while (end == "elif" && !tokens_.failed()) {
      IfStatement::Branch branch{.test = expressions_.tuple(false), .body = {}};
      std::tie(branch.body, end) = enclosed({"elif", "else", "endif"});
      node.branches.push_back(std::move(branch));
    }
    if (end == "else") node.otherwise = enclosed({"endif"}).first;
    into.push_back({line, std::move(node)});
  }

  void for_statement(Body& into, std::uint32_t line) {
    auto node = std::make_unique<ForStatement>();
    node->target = expressions_.target(false);
    if (!tokens_.skip_if_name("in")) tokens_.fail("expected 'in', got " + describe(tokens_.current()));
    node->over = expressions_.tuple(false);
    if (tokens_.skip_if_name("if")) node->condition = expressions_.expression();
    node->is_recursive = tokens_.skip_if_name("recursive");
    node->condition_target = copy_of(node->target);
    ++n_loops_;
    std::string end;
    std::tie(node->body, end) = enclosed({"endfor", "else"});
    --n_loops_;
    if (end == "else") node->otherwise = enclosed({"endfor"}).first;
    into.push_back({line, std::move(node)});
  }

  static Target copy_of(const Target& target) {
    if (const auto* name = std::get_if<NameTarget>(&target.node)) return {*name};
    if (const auto* field = std::get_if<FieldTarget>(&target.node)) return {*field};
    std::vector<Target> parts;
    for (const Target& part : std::get<std::vector<Target>>(target.node)) parts.push_back(copy_of(part));
    return {std::move(parts)};
  }

  void set_statement(Body& into, std::uint32_t line) {
    Target target = expressions_.target(true);
    if (tokens_.skip_if(TokenKind::kAssign)) {
      into.push_back({line, SetStatement{std::move(target), expressions_.tuple()}});
      return;
    }
    ExprPtr filter = expressions_.filters(nullptr, false);
    Body inner = enclosed({"endset"}).first;
    into.push_back({line, SetBlockStatement{std::move(target), std::move(filter), std::move(inner), {}}});
  }

  void signature(MacroDefinition& macro) {
    tokens_.expect(TokenKind::kLeftParen, "'('");
    while (!tokens_.failed() && !tokens_.is(TokenKind::kRightParen)) {
      const Token name = tokens_.expect(TokenKind::kName, "a parameter name");
      if (std::ranges::contains(macro.parameters, name.text))
        tokens_.fail("duplicate parameter '" + name.text + "'", name);
      macro.parameters.push_back(name.text);
      if (tokens_.skip_if(TokenKind::kAssign)) {
        macro.defaults.push_back(expressions_.expression());
      } else if (!macro.defaults.empty()) {
        tokens_.fail("non-default argument follows default argument");
      }
      if (!tokens_.is(TokenKind::kRightParen)) tokens_.expect(TokenKind::kComma, "','");
    }
    tokens_.expect(TokenKind::kRightParen, "')'");
  }

  // A macro's body: loops around it are not its loops.
  Body function_body(std::string_view end) {
    const std::uint32_t n_outer_loops = std::exchange(n_loops_, 0);
    Body result = enclosed({end}).first;
    n_loops_ = n_outer_loops;
    return result;
  }

  void macro_statement(Body& into, std::uint32_t line) {
    auto macro = std::make_unique<MacroDefinition>();
    macro->name = tokens_.expect(TokenKind::kName, "a macro name").text;
    signature(*macro);
    macro->body = function_body("endmacro");
    NameTarget target{macro->name, {}};
    into.push_back({line, MacroStatement{std::move(target), std::move(macro)}});
  }

  void call_block(Body& into, std::uint32_t line) {
    auto macro = std::make_unique<MacroDefinition>();
    if (tokens_.is(TokenKind::kLeftParen)) signature(*macro);
    const Token start = tokens_.current();
    ExprPtr call = expressions_.expression();
    if (call == nullptr || !std::holds_alternative<CallExpr>(call->node))
      tokens_.fail("expected call", start);
    macro->body = function_body("endcall");
    into.push_back({line, CallBlockStatement{std::move(call), std::move(macro)}});
  }

  void filter_block(Body& into, std::uint32_t line) {
    ExprPtr filter = expressions_.filters(nullptr, true);
    Body inner = enclosed({"endfilter"}).first;
    into.push_back({line, FilterBlockStatement{std::move(filter), std::move(inner), {}}});
  }

  void with_statement(Body& into, std::uint32_t line) {
    WithStatement node;
    while (!tokens_.failed() && !tokens_.is(TokenKind::kBlockEnd)) {
      if (!node.targets.empty()) tokens_.expect(TokenKind::kComma, "','");
      node.targets.push_back(expressions_.target(false));
      tokens_.expect(TokenKind::kAssign, "'='");
      node.values.push_back(expressions_.expression());
    }
    node.body = enclosed({"endwith"}).first;
    into.push_back({line, std::move(node)});
  }

  void print_statement(Body& into, std::uint32_t line) {
    bool is_first = true;
    while (!tokens_.failed() && !tokens_.is(TokenKind::kBlockEnd)) {
      if (!is_first) tokens_.expect(TokenKind::kComma, "','");
      is_first = false;
      into.push_back({line, PrintStatement{expressions_.expression()}});
    }
  }

  void break_statement(Body& into, std::uint32_t line) {
    if (n_loops_ == 0) tokens_.fail("'break' outside loop");
    into.push_back({line, BreakStatement{}});
  }

  void continue_statement(Body& into, std::uint32_t line) {
    if (n_loops_ == 0) tokens_.fail("'continue' outside loop");
    into.push_back({line, ContinueStatement{}});
  }

  // transformers' mark around what the assistant wrote; its body is rendered in a scope of its own.
  void generation_block(Body& into, std::uint32_t line) {
    Body inner = function_body("endgeneration");
    into.push_back({line, ScopeStatement{std::move(inner), {}}});
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  std::uint32_t n_loops_ = 0;  // around the current statement, within its function
};

}  // namespace

Result<Program> parse(std::vector<Token> tokens, const Limits& limits) {
  return Parser(std::move(tokens), limits).run();
}

}  // namespace minerva::chat::jinja
