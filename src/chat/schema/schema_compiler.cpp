#include "chat/schema/schema_compiler.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "chat/schema/gbnf.h"
#include "chat/schema/keywords.h"
#include "chat/schema/schema_reader.h"
#include "chat/schema/text_automaton.h"

namespace minerva::chat::schema {
namespace {

using Parts = std::vector<Expression>;

Expression space() {
  return {.kind = Expression::Kind::kRepeat, .most = 1, .parts = {Expression::literal(" ")}};
}

Expression comma() { return Expression::sequence({Expression::literal(","), space()}); }

Expression optional(Expression part) {
  return Expression::choice({std::move(part), Expression::literal("")});
}

std::string text_of(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string text_of(const NumberRules& rules) {
  std::string text = fmt::format("{}/{}/{}", rules.integer, rules.divisor, rules.most_fraction);
  for (const auto& bound : {rules.least, rules.most}) {
    text += bound ? fmt::format(" {}{}.{}{}", bound->value.negative ? "-" : "", bound->value.whole,
                                bound->value.fraction, bound->exclusive ? "!" : "")
                  : " none";
  }
  return text;
}

// One rule for each conjunction of schemas; those that are named and not yet written wait in a queue, so that recursion in
// the schema is none here.
class Compiler {
 public:
  Compiler(const Json& document, std::string name) : name_{std::move(name)}, reader_{document, name_} {}

  Result<std::string> compile() {
    const std::size_t root = rule_of({reader_.root()}).rule;
    while (!waiting_.empty()) {
      const auto [conjunction, rule] = std::move(waiting_.back());
      waiting_.pop_back();
      auto written = write(conjunction);
      if (!written) return std::unexpected(std::move(written.error()));
      gbnf_.define(rule, std::move(*written));
      if (gbnf_.n_rules() > Gbnf::kMostRules) return too_large();
    }
    auto text = gbnf_.text(root);
    if (!text) {
      if (conflict_.empty()) conflict_ = name_ + "#: every value would have to go on without end";
      return fail(ErrorCode::kInvalidRequest, fmt::format("no value can satisfy the schema: {}", conflict_),
                  name_);
    }
    if (text->size() > Gbnf::kLargest) return too_large();
    return std::move(*text);
  }

 private:
  std::unexpected<Error> too_large() const {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("{}: its grammar would have more than {} rules or {} bytes; ask for less at once",
                            name_, Gbnf::kMostRules, Gbnf::kLargest),
                name_);
  }

  Expression rule_of(const Conjunction& conjunction) {
    std::vector<const Json*> key;
    for (const SchemaRef& schema : conjunction) key.push_back(schema.json);
    std::ranges::sort(key);
    key.erase(std::ranges::unique(key).begin(), key.end());
    const auto [found, is_new] = rules_.try_emplace(std::move(key), gbnf_.n_rules());
    if (is_new) waiting_.emplace_back(conjunction, gbnf_.add_rule());
    return Expression::reference(found->second);
  }

  Result<Expression> write(const Conjunction& conjunction) {
    const auto shapes = reader_.read(conjunction);
    if (!shapes) return std::unexpected(shapes.error());
    const std::string path = conjunction.empty() ? name_ : conjunction.front().path;
    Parts ways;
    for (const Shape& shape : *shapes) {
      if (!shape.conflict.empty()) {
        note(shape.conflict);
        continue;
      }
      auto way = shape.values ? write_values(shape, path) : write_types(shape, path);
      if (!way) return way;
      ways.push_back(std::move(*way));
    }
    return Expression::choice(std::move(ways));
  }

  void note(const std::string& conflict) {
    if (conflict_.empty()) conflict_ = conflict;
  }

  Result<Expression> write_values(const Shape& shape, const std::string& path) {
    Parts ways;
    for (const Json& value : *shape.values) {
      const auto admitted = reader_.admits(shape, value, path);
      if (!admitted) return std::unexpected(admitted.error());
      if (*admitted) ways.push_back(Expression::literal(text_of(value)));
    }
    if (ways.empty()) note(path + ": no value of enum or const is one that the other keywords allow");
    return Expression::choice(std::move(ways));
  }

  Result<Expression> write_types(const Shape& shape, const std::string& path) {
    Parts ways;
    const std::uint32_t types = shape.written_types();
    if ((types & kNull) != 0) ways.push_back(Expression::literal("null"));
    if ((types & kBoolean) != 0)
      ways.push_back(Expression::choice({Expression::literal("true"), Expression::literal("false")}));
    if ((types & kInteger) != 0) ways.push_back(write_number(shape, (types & kFraction) == 0, path));
    if ((types & kString) != 0) {
      auto text = write_text(shape, path);
      if (!text) return text;
      ways.push_back(std::move(*text));
    }
    if ((types & kArray) != 0) ways.push_back(write_array(shape, path));
    if ((types & kObject) != 0) {
      auto object = write_object(shape, path);
      if (!object) return object;
      ways.push_back(std::move(*object));
    }
    if (ways.empty()) note(path + ": no type is left that its keywords allow");
    return Expression::choice(std::move(ways));
  }

  Expression write_number(const Shape& shape, bool integer, const std::string& path) {
    NumberRules rules = shape.numbers;
    const bool is_free = !rules.least && !rules.most && !rules.integer && rules.most_fraction >= 1000;
    rules.integer = rules.integer || integer;
    if (is_free) return Expression::reference(free_number(integer));
    const auto [known, is_new] = bounded_numbers_.try_emplace(text_of(rules), 0);
    if (is_new) {
      const Automaton automaton = make_number_automaton(rules);
      if (automaton.states.empty()) note(path + ": no number lies within its bounds");
      known->second = gbnf_.add_rule(gbnf_.texts_of(automaton, Gbnf::Spelling::kPlain));
    }
    return Expression::reference(known->second);
  }
  // Without bounds a number may have an exponent.
  std::size_t free_number(bool integer) {
    auto& rule = number_rules_[integer ? 1 : 0];
    if (rule) return *rule;
    Parts parts{gbnf_.texts_of(make_number_automaton({.integer = integer}), Gbnf::Spelling::kPlain)};
    if (!integer) {
      CodePoints mark{U'e', U'e'};
      mark.add(U'E', U'E');
      CodePoints sign{U'+', U'+'};
      sign.add(U'-', U'-');
      parts.push_back(
          optional(Expression::sequence({Expression::one_of(mark), optional(Expression::one_of(sign)),
                                         gbnf_.repeat(Expression::one_of({U'0', U'9'}), 1, 2)})));
    }
    rule = gbnf_.add_rule(Expression::sequence(std::move(parts)));
    return *rule;
  }

  Expression quoted(Expression inside) {
    return Expression::sequence({Expression::literal("\""), std::move(inside), Expression::literal("\"")});
  }

  Result<Expression> write_text(const Shape& shape, const std::string& path) {
    if (shape.patterns.empty())
      return quoted(
          gbnf_.repeat(gbnf_.string_character(CodePoints::all()), shape.least_length, shape.most_length));
    const auto key = std::tuple{shape.patterns, shape.least_length, shape.most_length};
    if (const auto known = texts_.find(key); known != texts_.end())
      return Expression::reference(known->second);
    TextRules rules{.least = shape.least_length, .most = shape.most_length};
    for (const std::string& pattern : shape.patterns) {
      auto regex = parse_regex(pattern);
      if (!regex) return refuse(path, regex.error().message);
      rules.patterns.push_back(std::move(*regex));
    }
    const auto automaton = make_text_automaton(rules);
    if (!automaton)
      return refuse(path,
                    "pattern, format and length together cannot be compiled: " + automaton.error().message);
    if (automaton->states.empty()) note(path + ": no text satisfies pattern, format and length together");
    const std::size_t rule = gbnf_.add_rule(quoted(gbnf_.texts_of(*automaton, Gbnf::Spelling::kJsonString)));
    texts_.emplace(key, rule);
    return Expression::reference(rule);
  }

  // The items with a schema of their own by rules from the last to the first, then those that are all alike.
  Expression write_array(const Shape& shape, const std::string& path) {
    const std::size_t n_prefix = shape.n_prefix();
    std::uint64_t most = shape.most_items;
    const bool is_open = n_prefix == 0 || shape.has_items() || shape.least_items > n_prefix;
    if (!is_open) most = std::min<std::uint64_t>(most, n_prefix);
    const std::uint64_t least = shape.least_items;
    for (std::size_t i = 0; i <= n_prefix; ++i) {
      if (is_never(shape.item(i))) most = std::min<std::uint64_t>(most, i);
    }
    if (least > most) {
      note(path + ": fewer items are possible than minItems asks for");
      return Expression::choice({});
    }
    // What follows so many items.
    const auto end_or = [&](std::uint64_t n, Expression more) {
      Parts ways;
      if (n < most) ways.push_back(std::move(more));
      if (n >= least) ways.push_back(Expression::literal(""));
      return Expression::choice(std::move(ways));
    };
    Expression after = Expression::literal("");
    if (most > n_prefix) {
      const auto rest_least = least > n_prefix ? least - n_prefix : 0;
      const auto rest_most = most == Shape::kUnlimited ? most : most - n_prefix;
      const Expression item = rule_of(shape.item(n_prefix));
      const Expression next = Expression::sequence({comma(), item});
      if (n_prefix > 0) {
        after = gbnf_.repeat(next, rest_least, rest_most);
      } else {
        const auto others = rest_most == Shape::kUnlimited ? rest_most : rest_most - 1;
        after = Expression::sequence({item, gbnf_.repeat(next, rest_least > 0 ? rest_least - 1 : 0, others)});
        after = end_or(0, std::move(after));
      }
    }
    for (std::size_t i = n_prefix; i-- > 0;) {
      if (i >= most) continue;
      Parts one;
      if (i > 0) one.push_back(comma());
      one.push_back(rule_of(shape.item(i)));
      one.push_back(std::move(after));
      after = Expression::reference(gbnf_.add_rule(end_or(i, Expression::sequence(std::move(one)))));
    }
    return Expression::sequence({Expression::literal("["), std::move(after), Expression::literal("]")});
  }

  // Members in their order. A rule says what may follow when some of them are decided and so many have been written; the count
  // goes no further than the bounds ask, so without bounds it tells only whether a comma is due.
  struct Members {
    const Shape& shape;
    std::vector<std::string> names;
    std::vector<Expression> pairs;
    std::optional<Expression> other;  // a member that is not declared
    std::uint64_t most_counted;
    std::map<std::pair<std::size_t, std::uint64_t>, Expression> rests{};
  };

  Result<Expression> write_object(const Shape& shape, const std::string& path) {
    Members members{.shape = shape, .names = {}, .pairs = {}, .other = std::nullopt, .most_counted = 1};
    const bool is_bounded = shape.most_properties != Shape::kUnlimited;
    members.most_counted =
        is_bounded ? shape.most_properties + 1 : std::max<std::uint64_t>(1, shape.least_properties);
    for (const std::string& name : shape.declared_members()) {
      const Conjunction member = shape.member(name);
      const bool is_required = shape.requires_member(name);
      if (is_never(member) && !is_required) continue;
      members.names.push_back(name);
      members.pairs.push_back(pair(Expression::literal(text_of(name)), rule_of(member)));
    }
    if (const auto others = shape.other_members()) {
      auto key = other_name(shape.declared_members(), path);
      if (!key) return key;
      members.other = pair(std::move(*key), rule_of(*others));
    }
    members.most_counted = std::min<std::uint64_t>(members.most_counted, members.names.size() + 1);
    if (shape.least_properties > members.names.size() + 1) {
      return refuse(path + "/minProperties",
                    "the keyword \"minProperties\" cannot be compiled beyond the declared members and one "
                    "more, as a grammar "
                    "cannot make sure that further names differ; declare the members");
    }
    if (shape.most_properties != Shape::kUnlimited && shape.most_properties < shape.required.size())
      note(path + ": more members are required than maxProperties allows");
    if (members.names.size() * members.most_counted > Gbnf::kMostRules) return too_large();
    Expression inside = write_rests(members);
    return Expression::sequence({Expression::literal("{"), std::move(inside), Expression::literal("}")});
  }

  Expression pair(Expression key, Expression value) {
    return Expression::reference(gbnf_.add_rule(
        Expression::sequence({std::move(key), Expression::literal(":"), space(), std::move(value)})));
  }

  Result<Expression> other_name(const std::vector<std::string>& declared, const std::string& path) {
    TextRules rules;
    for (const std::string& name : declared) rules.excluded.push_back(code_points_of(name));
    const auto automaton = make_text_automaton(rules);
    if (!automaton)
      return refuse(path + "/additionalProperties",
                    "too many names are declared: " + automaton.error().message);
    return quoted(gbnf_.texts_of(*automaton, Gbnf::Spelling::kJsonString));
  }

  Expression write_rests(Members& members) {
    for (std::size_t i = members.names.size() + 1; i-- > 0;) {
      for (std::uint64_t n = 0; n <= std::min<std::uint64_t>(i, members.most_counted); ++n) {
        const bool is_last = i == members.names.size();
        Expression rest = is_last ? write_others(members, n) : write_rest(members, i, n);
        members.rests.emplace(std::pair{i, n}, Expression::reference(gbnf_.add_rule(std::move(rest))));
      }
    }
    return members.rests.at({0, 0});
  }
  static Expression after_others(std::uint64_t n, const Expression& member) {
    return n == 0 ? member : Expression::sequence({comma(), member});
  }
  Expression write_rest(Members& members, std::size_t i, std::uint64_t n) {
    const std::uint64_t next = std::min(n + 1, members.most_counted);
    Parts ways{Expression::sequence({after_others(n, members.pairs[i]), members.rests.at({i + 1, next})})};
    if (!members.shape.requires_member(members.names[i])) ways.push_back(members.rests.at({i + 1, n}));
    return Expression::choice(std::move(ways));
  }
  // After the declared members. A name might come twice, so of the others only the first counts towards a minimum.
  Expression write_others(Members& members, std::uint64_t n) {
    const Shape& shape = members.shape;
    const bool is_bounded = shape.most_properties != Shape::kUnlimited;
    if ((is_bounded && n > shape.most_properties) || n + 1 < shape.least_properties)
      return Expression::choice({});
    const std::uint64_t least = n < shape.least_properties ? 1 : 0;
    const std::uint64_t most = is_bounded ? shape.most_properties - n : Expression::kUnlimited;
    if (!members.other || most == 0) return least == 0 ? Expression::literal("") : Expression::choice({});
    const Expression next = Expression::sequence({comma(), *members.other});
    if (n > 0) return gbnf_.repeat(next, least, most);
    Expression some =
        Expression::sequence({*members.other, gbnf_.repeat(next, 0, is_bounded ? most - 1 : most)});
    return least > 0 ? some : optional(std::move(some));
  }

  std::string name_;
  SchemaReader reader_;
  Gbnf gbnf_;
  std::map<std::vector<const Json*>, std::size_t> rules_;
  std::vector<std::pair<Conjunction, std::size_t>> waiting_;
  std::map<std::tuple<std::vector<std::string>, std::uint64_t, std::uint64_t>, std::size_t> texts_;
  std::map<std::string, std::size_t> bounded_numbers_;
  std::array<std::optional<std::size_t>, 2> number_rules_;  // without bounds: of any numbers, of integers
  std::string conflict_;                                    // the first that was met
};

}  // namespace

Result<std::string> compile_schema(const nlohmann::ordered_json& document, const std::string& name) {
  return Compiler{document, name}.compile();
}

std::string any_object_grammar() {
  const Json document{{"type", "object"}};
  return Compiler{document, ""}.compile().value();
}

}  // namespace minerva::chat::schema
