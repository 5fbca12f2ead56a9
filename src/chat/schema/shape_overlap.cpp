// SchemaReader's part that decides whether values can satisfy two branches of `oneOf`.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "chat/schema/keywords.h"
#include "chat/schema/schema_reader.h"
#include "chat/schema/text_automaton.h"

namespace minerva::chat::schema {
namespace {

constexpr int kDeepestComparison = 4;  // members within members

std::uint32_t type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_boolean()) return kBoolean;
  if (value.is_number()) return Decimal::of(value).fraction.empty() ? kInteger : kFraction;
  if (value.is_string()) return kString;
  return value.is_array() ? kArray : kObject;
}

bool asks_of_containers(const Shape& shape) {
  return !shape.arrays.empty() || !shape.objects.empty() || !shape.required.empty() ||
         shape.least_items > 0 || shape.most_items != Shape::kUnlimited || shape.least_properties > 0 ||
         shape.most_properties != Shape::kUnlimited;
}

TextRules both_texts(const Shape& left, const Shape& right) {
  TextRules rules{.least = std::max(left.least_length, right.least_length),
                  .most = std::min(left.most_length, right.most_length)};
  for (const Shape* shape : {&left, &right}) {
    for (const std::string& pattern : shape->patterns) {
      if (auto regex = parse_regex(pattern)) rules.patterns.push_back(std::move(*regex));
    }
  }
  return rules;
}

bool texts_apart(const Shape& left, const Shape& right) {
  const TextRules rules = both_texts(left, right);
  if (rules.least > rules.most) return true;
  if (rules.patterns.empty()) return false;
  const auto automaton = make_text_automaton(rules);
  return automaton && automaton->states.empty();
}

bool numbers_apart(NumberRules left, const NumberRules& right) {
  if (right.least) left.raise(*right.least);
  if (right.most) left.lower(*right.most);
  return left.is_empty();
}

bool counts_apart(const Shape& left, const Shape& right) {
  return left.least_items > right.most_items || right.least_items > left.most_items;
}

}  // namespace

Result<bool> SchemaReader::admits(const Shape& shape, const Json& value, const std::string& path) const {
  const std::uint32_t type = type_of(value);
  if ((shape.types & type) == 0 || !shape.conflict.empty()) return false;
  if (shape.values && !std::ranges::contains(*shape.values, value)) return false;
  if ((type & (kInteger | kFraction)) != 0) return shape.numbers.admits(Decimal::of(value));
  if ((type & (kArray | kObject)) != 0 && asks_of_containers(shape))
    return refuse(
        path, "arrays and objects in enum or const cannot be compiled beside keywords that ask more of them");
  if (type != kString) return true;
  const std::u32string text = code_points_of(value.get_ref<const std::string&>());
  if (text.size() < shape.least_length || text.size() > shape.most_length) return false;
  TextRules rules = both_texts(shape, {});
  rules.least = 0;
  rules.most = TextRules::kUnlimited;
  const auto automaton = make_text_automaton(rules);
  if (!automaton) return refuse(path, "the pattern is too large: " + automaton.error().message);
  return automaton->accepts(text);
}

Status SchemaReader::check_apart(const Group& group, const std::vector<std::vector<Shape>>& branches) {
  for (std::size_t i = 0; i < branches.size(); ++i) {
    for (std::size_t k = i + 1; k < branches.size(); ++k) {
      for (const Shape& left : branches[i]) {
        for (const Shape& right : branches[k]) {
          const auto apart = are_apart(left, right, 0);
          if (!apart) return std::unexpected(apart.error());
          if (*apart) continue;
          return refuse(
              group.path,
              fmt::format(
                  "the keyword \"oneOf\" cannot be compiled: a value might satisfy its branches {} and {} "
                  "both, which it forbids; use anyOf, or tell them apart by type or a required const",
                  i, k));
        }
      }
    }
  }
  return {};
}

// No value that is written for one satisfies the other.
Result<bool> SchemaReader::are_apart(const Shape& left, const Shape& right, int depth) {
  if (++n_steps_ > kMostSteps) return refuse(name_, "the schema has too many parts; ask for less at once");
  if (!left.conflict.empty() || !right.conflict.empty()) return true;
  for (const auto& [one, other] : {std::pair{&left, &right}, std::pair{&right, &left}}) {
    if (!one->values) continue;
    for (const Json& value : *one->values) {
      const auto own = admits(*one, value, name_);
      const auto both = own && *own ? admits(*other, value, name_) : own;
      if (!both || *both) return false;
    }
    return true;
  }
  const std::uint32_t common = (left.written_types() & right.types) | (left.types & right.written_types());
  if ((common & (kNull | kBoolean)) != 0) return false;
  if ((common & (kInteger | kFraction)) != 0 && !numbers_apart(left.numbers, right.numbers)) return false;
  if ((common & kString) != 0 && !texts_apart(left, right)) return false;
  if ((common & kArray) != 0 && !counts_apart(left, right)) return false;
  if ((common & kObject) == 0) return true;
  const auto one_way = objects_apart(left, right, depth);
  return one_way && *one_way ? objects_apart(right, left, depth) : one_way;
}

Result<bool> SchemaReader::objects_apart(const Shape& written, const Shape& other, int depth) {
  for (const std::string& name : other.required) {
    if (!written.may_write_member(name)) return true;
  }
  for (const std::string& name : written.required) {
    if (is_never(other.member(name))) return true;
    if (depth >= kDeepestComparison) continue;
    const auto own = read(written.member(name));
    const auto theirs = own ? read(other.member(name)) : own;
    if (!theirs) return std::unexpected(theirs.error());
    bool all_apart = true;
    for (const Shape& left : *own) {
      for (const Shape& right : *theirs) {
        const auto apart = all_apart ? are_apart(left, right, depth + 1) : Result<bool>{false};
        if (!apart) return apart;
        all_apart = *apart;
      }
    }
    if (all_apart) return true;
  }
  return false;
}

}  // namespace minerva::chat::schema
