#include "chat/schema/gbnf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "chat/schema/regex.h"

namespace minerva::chat::schema {
namespace {

constexpr std::uint64_t kMostRepeats = 128;
constexpr char32_t kFirstPrintable = 0x20;

// A code point inside [ ] or " ".
std::string escaped(char32_t code_point) {
  const bool is_plain =
      (code_point >= U'0' && code_point <= U'9') || (code_point >= U'A' && code_point <= U'Z') ||
      (code_point >= U'a' && code_point <= U'z') || code_point == U' ' || code_point == U'_';
  const auto code = static_cast<std::uint32_t>(code_point);
  if (is_plain) return {static_cast<char>(code)};
  if (code < 0x100) return fmt::format("\\x{:02X}", code);
  return code < 0x10000 ? fmt::format("\\u{:04X}", code) : fmt::format("\\U{:08X}", code);
}

std::string printed(const CodePoints& set) {
  std::string text = "[";
  for (const auto& [first, last] : set.ranges()) {
    text += escaped(first);
    if (last > first) text += "-" + escaped(last);
  }
  return text + "]";
}

std::string printed(std::string_view literal) {
  std::string text = "\"";
  for (const char32_t code_point : code_points_of(literal)) text += escaped(code_point);
  return text + "\"";
}

std::string name_of(std::size_t rule, std::size_t root) {
  return rule == root ? "root" : fmt::format("r{}", rule);
}

// Which rules and expressions can be completed.
class Pruner {
 public:
  explicit Pruner(const std::vector<Expression>& rules) : rules_{rules}, complete_(rules.size(), false) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = rules.size(); i-- > 0;) {
        if (complete_[i] || !can_be(rules[i])) continue;
        complete_[i] = changed = true;
      }
    }
  }

  [[nodiscard]] bool can_be(const Expression& expression) const {
    const auto part_can_be = [this](const Expression& part) { return can_be(part); };
    switch (expression.kind) {
      case Expression::Kind::kText: return true;
      case Expression::Kind::kSet: return !expression.set.empty();
      case Expression::Kind::kRule: return complete_[expression.rule];
      case Expression::Kind::kSequence: return std::ranges::all_of(expression.parts, part_can_be);
      case Expression::Kind::kChoice: return std::ranges::any_of(expression.parts, part_can_be);
      case Expression::Kind::kRepeat: return expression.least == 0 || can_be(expression.parts[0]);
    }
    return false;
  }

 private:
  const std::vector<Expression>& rules_;
  std::vector<bool> complete_;
};

class Printer {
 public:
  Printer(const std::vector<Expression>& rules, const Pruner& pruner, std::size_t root)
      : rules_{rules}, pruner_{pruner}, root_{root}, is_named_(rules.size(), false) {
    name(root);
  }

  std::string print() {
    std::string text;
    for (std::size_t i = 0; i < named_.size(); ++i)
      text += fmt::format("{} ::= {}\n", name_of(named_[i], root_), outer(rules_[named_[i]]));
    return text;
  }

 private:
  void name(std::size_t rule) {
    if (is_named_[rule]) return;
    is_named_[rule] = true;
    named_.push_back(rule);
  }

  // A choice stands alone only as a whole rule.
  std::string outer(const Expression& expression) {
    if (expression.kind != Expression::Kind::kChoice) return inner(expression);
    std::string text;
    for (const Expression& part : expression.parts) {
      if (!pruner_.can_be(part)) continue;
      if (!text.empty()) text += " | ";
      text += part.kind == Expression::Kind::kChoice ? outer(part) : inner(part);
    }
    return text;
  }
  std::string inner(const Expression& expression) {
    switch (expression.kind) {
      case Expression::Kind::kText: return printed(expression.text);
      case Expression::Kind::kSet: return printed(expression.set);
      case Expression::Kind::kRule: name(expression.rule); return name_of(expression.rule, root_);
      case Expression::Kind::kChoice: return "(" + outer(expression) + ")";
      case Expression::Kind::kRepeat: return repeated(expression);
      case Expression::Kind::kSequence: break;
    }
    std::string text;
    for (const Expression& part : expression.parts) {
      const std::string one = inner(part);
      if (one == R"("")") continue;
      if (!text.empty()) text += ' ';
      text += one;
    }
    return text.empty() ? R"("")" : text;
  }
  std::string repeated(const Expression& expression) {
    if (expression.most == 0 || !pruner_.can_be(expression.parts[0])) return R"("")";
    const std::string part = inner(expression.parts[0]);
    if (expression.most == Expression::kUnlimited) return part + (expression.least == 0 ? "*" : "+");
    if (expression.least == 0 && expression.most == 1) return part + "?";
    if (expression.least == expression.most)
      return expression.least == 1 ? part : fmt::format("{}{{{}}}", part, expression.least);
    return fmt::format("{}{{{},{}}}", part, expression.least, expression.most);
  }

  const std::vector<Expression>& rules_;
  const Pruner& pruner_;
  std::size_t root_;
  std::vector<bool> is_named_;
  std::vector<std::size_t> named_;
};

Expression counted(Expression part, std::uint64_t least, std::uint64_t most) {
  return {.kind = Expression::Kind::kRepeat, .least = least, .most = most, .parts = {std::move(part)}};
}

}  // namespace

std::size_t Gbnf::add_rule(Expression expression) {
  rules_.push_back(std::move(expression));
  return rules_.size() - 1;
}

Expression Gbnf::repeat(Expression part, std::uint64_t least, std::uint64_t most) {
  if (part.kind != Expression::Kind::kSet && part.kind != Expression::Kind::kRule)
    part = Expression::reference(add_rule(std::move(part)));
  if (most == Expression::kUnlimited) {
    if (least == 0) return counted(std::move(part), 0, most);
    return Expression::sequence({exactly(part, least - 1), counted(part, 1, most)});
  }
  return Expression::sequence({exactly(part, least), at_most(part, most - least)});
}

Expression Gbnf::exactly(Expression part, std::uint64_t n) {
  if (n <= kMostRepeats) return counted(std::move(part), n, n);
  const auto block = Expression::reference(add_rule(counted(part, kMostRepeats, kMostRepeats)));
  return Expression::sequence(
      {exactly(block, n / kMostRepeats), counted(part, n % kMostRepeats, n % kMostRepeats)});
}

// Either fewer whole blocks than fit and any rest, or all that fit and the last rest.
Expression Gbnf::at_most(Expression part, std::uint64_t n) {
  if (n <= kMostRepeats) return counted(std::move(part), 0, n);
  const auto block = Expression::reference(add_rule(counted(part, kMostRepeats, kMostRepeats)));
  const std::uint64_t n_blocks = n / kMostRepeats;
  return Expression::choice({
      Expression::sequence({at_most(block, n_blocks - 1), counted(part, 0, kMostRepeats - 1)}),
      Expression::sequence({exactly(block, n_blocks), counted(part, 0, n % kMostRepeats)}),
  });
}

Expression Gbnf::string_character(const CodePoints& set) {
  CodePoints plain;
  CodePoints shortened;                // the letters after a backslash
  std::array<CodePoints, 2> numbered;  // the last digits after \u000 and \u001
  for (const auto& [first, last] : set.ranges()) {
    for (char32_t c = first; c < kFirstPrintable && c <= last; ++c) {
      constexpr std::u32string_view kControls = U"\b\f\n\r\t";
      const auto at = kControls.find(c);
      const char32_t letter = at < kControls.size() ? U"bfnrt"[at] : U"0123456789abcdef"[c % 16];
      (at < kControls.size() ? shortened : numbered.at(c / 16)).add(letter, letter);
    }
    constexpr std::array<CodePointRange, 3> kPlain{
        {{kFirstPrintable, U'"' - 1}, {U'"' + 1, U'\\' - 1}, {U'\\' + 1, kLastCodePoint}}};
    for (const CodePointRange& each : kPlain) {
      if (std::max(first, each.first) <= std::min(last, each.last))
        plain.add(std::max(first, each.first), std::min(last, each.last));
    }
  }
  for (const char32_t each : {U'"', U'\\'}) {
    if (set.contains(each)) shortened.add(each, each);
  }
  if (shortened.empty() && numbered[0].empty() && numbered[1].empty()) return Expression::one_of(plain);
  const auto spelled = [](const char* begin, const CodePoints& end) {
    return Expression::sequence({Expression::literal(begin), Expression::one_of(end)});
  };
  const auto [found, is_new] = characters_.try_emplace(printed(set), 0);
  if (is_new) {
    found->second =
        add_rule(Expression::choice({Expression::one_of(plain), spelled("\\", shortened),
                                     spelled("\\u000", numbered[0]), spelled("\\u001", numbered[1])}));
  }
  return Expression::reference(found->second);
}

Expression Gbnf::texts_of(const Automaton& automaton, Spelling spelling) {
  if (automaton.states.empty()) return Expression::choice({});
  const std::size_t first = rules_.size();
  for (std::size_t i = 0; i < automaton.states.size(); ++i) add_rule();
  for (std::size_t i = 0; i < automaton.states.size(); ++i) {
    std::vector<Expression> ways;
    for (const auto& [set, target] : automaton.states[i].edges) {
      Expression one = spelling == Spelling::kPlain ? Expression::one_of(set) : string_character(set);
      ways.push_back(Expression::sequence({std::move(one), Expression::reference(first + target)}));
    }
    if (automaton.states[i].accepts) ways.push_back(Expression::literal(""));
    define(first + i, Expression::choice(std::move(ways)));
  }
  return Expression::reference(first);
}

std::optional<std::string> Gbnf::text(std::size_t root) const {
  const Pruner pruner{rules_};
  if (!pruner.can_be(rules_[root])) return std::nullopt;
  return Printer{rules_, pruner, root}.print();
}

}  // namespace minerva::chat::schema
