#pragma once
// A grammar in the making, and its text in llama.cpp's GBNF (llama.cpp grammars/README.md).
//
// Rules may name rules that are written later. In the end what can never be completed is left out, so that no choice leads
// into it.
//
// Threads: one.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/schema/automaton.h"
#include "chat/schema/code_points.h"

namespace minerva::chat::schema {

struct Expression {
  enum class Kind : std::uint8_t { kText, kSet, kRule, kSequence, kChoice, kRepeat };
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  Kind kind = Kind::kSequence;  // a choice without parts is what can never be
  std::string text{};           // UTF-8
  CodePoints set{};
  std::size_t rule = 0;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::vector<Expression> parts{};

  [[nodiscard]] static Expression literal(std::string text) {
    return {.kind = Kind::kText, .text = std::move(text)};
  }
  [[nodiscard]] static Expression one_of(CodePoints set) {
    return {.kind = Kind::kSet, .set = std::move(set)};
  }
  [[nodiscard]] static Expression reference(std::size_t rule) { return {.kind = Kind::kRule, .rule = rule}; }
  [[nodiscard]] static Expression sequence(std::vector<Expression> parts) {
    return {.parts = std::move(parts)};
  }
  [[nodiscard]] static Expression choice(std::vector<Expression> parts) {
    return {.kind = Kind::kChoice, .parts = std::move(parts)};
  }
};

class Gbnf {
 public:
  static constexpr std::size_t kMostRules = 20'000;
  static constexpr std::size_t kLargest = 1U << 20U;  // bytes; as inference::Grammar's

  std::size_t add_rule(Expression expression = {});
  void define(std::size_t rule, Expression expression) { rules_[rule] = std::move(expression); }
  [[nodiscard]] std::size_t n_rules() const { return rules_.size(); }

  // `part` so many times. libllama's own counts end at 2000, beyond which it refuses, or drops the limit in silence; so
  // these are made of shorter ones.
  [[nodiscard]] Expression repeat(Expression part, std::uint64_t least, std::uint64_t most);

  // The texts of an automaton as they are, or as the inside of JSON strings in which each text has one spelling.
  enum class Spelling : std::uint8_t { kPlain, kJsonString };
  [[nodiscard]] Expression texts_of(const Automaton& automaton, Spelling spelling);

  // One code point inside a JSON string.
  [[nodiscard]] Expression string_character(const CodePoints& set);

  // Nothing when the rule `root` can never be completed.
  [[nodiscard]] std::optional<std::string> text(std::size_t root) const;

 private:
  [[nodiscard]] Expression exactly(Expression part, std::uint64_t n);
  [[nodiscard]] Expression at_most(Expression part, std::uint64_t n);

  std::vector<Expression> rules_;
  std::map<std::string, std::size_t> characters_;  // the rules of string_character(), by what they print
};

}  // namespace minerva::chat::schema
