#include "chat/schema/schema_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "chat/schema/formats.h"
#include "chat/schema/keywords.h"
#include "chat/schema/regex.h"

namespace minerva::chat::schema {
namespace {

constexpr std::uint64_t kGreatestCount = 1ULL << 32U;

void hint(Shape& shape, std::uint32_t types) { shape.hinted |= types; }

}  // namespace

Result<std::vector<Shape>> SchemaReader::read(const Conjunction& conjunction) {
  Draft draft;
  for (const SchemaRef& schema : conjunction) {
    if (Status added = add(schema, draft); !added) return std::unexpected(std::move(added.error()));
  }
  std::vector<Shape> shapes;
  if (Status all = spread(std::move(draft), shapes); !all) return std::unexpected(std::move(all.error()));
  return shapes;
}

Status SchemaReader::add(const SchemaRef& schema, Draft& draft) {
  if (++n_steps_ > kMostSteps)
    return refuse(schema.path, "the schema has too many parts; ask for less at once");
  const Json& json = *schema.json;
  if (json == true) return {};
  if (json == false) {
    draft.shape.rule_out(schema.path + ": false allows no value");
    return {};
  }
  if (!json.is_object()) return refuse(schema.path, "a schema must be an object, true or false");
  if (std::ranges::contains(open_, &json))
    return refuse(schema.path,
                  "the schema refers to itself without an array or object between; no value can be written");
  open_.push_back(&json);
  Status status;
  for (const auto& [keyword, value] : json.items()) {
    if (status) status = check_keyword(schema, keyword, &json == &document_);
    if (status) status = add_keyword(schema, keyword, draft);
  }
  if (status) status = add_object(schema, draft.shape);
  if (status) status = add_array(schema, draft.shape);
  open_.pop_back();
  return status;
}

Status SchemaReader::add_keyword(const SchemaRef& schema, const std::string& keyword, Draft& draft) {
  Shape& shape = draft.shape;
  if (keyword == "$ref") return follow(schema, draft);
  if (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf")
    return add_branches(schema, keyword, draft);
  if (keyword == "type") return add_types(schema, shape);
  if (keyword == "enum" || keyword == "const") return add_values(schema, keyword, shape);
  if (keyword == "multipleOf") return add_divisor(schema, shape);
  if (keyword == "pattern" || keyword == "format") return add_text(schema, keyword, shape);
  if (is_number_keyword(keyword)) return add_number(schema, keyword, shape);
  if (is_count_keyword(keyword)) return add_count(schema, keyword, shape);
  return {};
}

Status SchemaReader::add_types(const SchemaRef& schema, Shape& shape) const {
  const Json& type = (*schema.json)["type"];
  const std::string path = schema.path + "/type";
  std::uint32_t allowed = 0;
  const std::vector<Json> names = type.is_array() ? type.get<std::vector<Json>>() : std::vector<Json>{type};
  for (const Json& name : names) {
    const auto bits = name.is_string() ? types_named(name.get_ref<const std::string&>()) : std::nullopt;
    if (!bits)
      return refuse(
          path,
          "the type must be null, boolean, integer, number, string, array or object, or a list of these");
    allowed |= *bits;
  }
  shape.types &= allowed;
  shape.is_typed = true;
  if (shape.types == 0) shape.rule_out(path + ": no type is left that all schemas here allow");
  return {};
}

Status SchemaReader::add_values(const SchemaRef& schema, const std::string& keyword, Shape& shape) const {
  const Json& given = (*schema.json)[keyword];
  const std::string path = schema.path + "/" + keyword;
  if (keyword == "enum" && !given.is_array()) return refuse(path, "enum must be a list of values");
  std::vector<Json> values = keyword == "enum" ? given.get<std::vector<Json>>() : std::vector<Json>{given};
  if (shape.values)
    std::erase_if(values, [&](const Json& value) { return !std::ranges::contains(*shape.values, value); });
  if (values.empty()) shape.rule_out(path + ": no value is left that all schemas here allow");
  shape.values = std::move(values);
  shape.is_typed = true;
  return {};
}

Status SchemaReader::add_number(const SchemaRef& schema, const std::string& keyword, Shape& shape) const {
  const Json& value = (*schema.json)[keyword];
  const std::string path = schema.path + "/" + keyword;
  if (!value.is_number()) return refuse(path, keyword + " must be a number");
  hint(shape, kInteger | kFraction);
  DecimalBound bound{.value = Decimal::of(value), .exclusive = keyword.starts_with("exclusive")};
  const bool is_lower = keyword == "minimum" || keyword == "exclusiveMinimum";
  if (is_lower) shape.numbers.raise(std::move(bound));
  if (!is_lower) shape.numbers.lower(std::move(bound));
  return {};
}

// Where integers are asked for, what divides them all asks for nothing.
Status SchemaReader::add_divisor(const SchemaRef& schema, Shape& shape) const {
  const Json& value = (*schema.json)["multipleOf"];
  const std::string path = schema.path + "/multipleOf";
  if (!value.is_number() || value.get<double>() <= 0.0)
    return refuse(path, "multipleOf must be a number above 0");
  hint(shape, kInteger | kFraction);
  const Decimal divisor = Decimal::of(value);
  NumberRules& numbers = shape.numbers;
  if (divisor.whole.empty() && divisor.fraction.find_first_not_of('0') == divisor.fraction.size() - 1 &&
      divisor.fraction.back() == '1') {
    numbers.most_fraction =
        std::min<std::uint32_t>(numbers.most_fraction, static_cast<std::uint32_t>(divisor.fraction.size()));
    return {};
  }
  if (!divisor.fraction.empty() || divisor.whole.size() > 4 ||
      std::stoul(divisor.whole) > NumberRules::kMostDivisor) {
    return refuse(path, fmt::format("the keyword \"multipleOf\" cannot be compiled for {}; an integer up to "
                                    "{} or 0.1, 0.01 and so on "
                                    "can",
                                    value.dump(), NumberRules::kMostDivisor));
  }
  const auto whole = static_cast<std::uint32_t>(std::stoul(divisor.whole));
  const std::uint64_t both =
      static_cast<std::uint64_t>(numbers.divisor) / std::gcd(numbers.divisor, whole) * whole;
  if (both > NumberRules::kMostDivisor)
    return refuse(path, fmt::format("the values of multipleOf here have a least common multiple above {}",
                                    NumberRules::kMostDivisor));
  numbers.divisor = static_cast<std::uint32_t>(both);
  numbers.integer = true;
  return {};
}

Status SchemaReader::add_text(const SchemaRef& schema, const std::string& keyword, Shape& shape) const {
  const Json& value = (*schema.json)[keyword];
  const std::string path = schema.path + "/" + keyword;
  if (!value.is_string()) return refuse(path, keyword + " must be a text");
  const auto& text = value.get_ref<const std::string&>();
  std::optional<std::string> pattern = text;
  if (keyword == "format") pattern = pattern_of_format(text);
  if (!pattern) return {};
  if (auto regex = parse_regex(*pattern); !regex)
    return refuse(path, fmt::format("the keyword \"pattern\" cannot be compiled: {}", regex.error().message));
  hint(shape, kString);
  if (!std::ranges::contains(shape.patterns, *pattern)) shape.patterns.push_back(*pattern);
  return {};
}

Status SchemaReader::add_count(const SchemaRef& schema, const std::string& keyword, Shape& shape) const {
  const Json& value = (*schema.json)[keyword];
  const std::string path = schema.path + "/" + keyword;
  if (!value.is_number() || value.get<double>() < 0.0 ||
      std::floor(value.get<double>()) != value.get<double>())
    return refuse(path, keyword + " must be an integer from 0 up");
  if (value.get<double>() > static_cast<double>(kGreatestCount))
    return refuse(path, fmt::format("{} {} is too great: at most {} can be compiled", keyword, value.dump(),
                                    kGreatestCount));
  const auto count = static_cast<std::uint64_t>(value.get<double>());
  const bool is_least = keyword.starts_with("min");
  const auto bound = [&](std::uint64_t& least, std::uint64_t& most) {
    if (is_least) least = std::max(least, count);
    if (!is_least) most = std::min(most, count);
    if (least > most)
      shape.rule_out(fmt::format("{}: at least {} and at most {} is no count", path, least, most));
  };
  if (keyword.ends_with("Length")) {
    hint(shape, kString);
    bound(shape.least_length, shape.most_length);
  } else if (keyword.ends_with("Items")) {
    hint(shape, kArray);
    bound(shape.least_items, shape.most_items);
  } else {
    hint(shape, kObject);
    bound(shape.least_properties, shape.most_properties);
  }
  return {};
}

Status SchemaReader::add_object(const SchemaRef& schema, Shape& shape) const {
  const Json& json = *schema.json;
  ObjectFacet facet;
  if (const auto properties = json.find("properties"); properties != json.end()) {
    const std::string path = schema.path + "/properties";
    if (!properties->is_object()) return refuse(path, "properties must be an object of schemas");
    for (const auto& [name, value] : properties->items())
      facet.properties.emplace_back(name, SchemaRef{&value, path + "/" + pointer_part(name)});
  }
  if (const auto required = json.find("required"); required != json.end()) {
    const std::string path = schema.path + "/required";
    if (!required->is_array()) return refuse(path, "required must be a list of names");
    for (const Json& name : *required) {
      if (!name.is_string()) return refuse(path, "required must be a list of names");
      if (!shape.requires_member(name)) shape.required.push_back(name);
    }
    hint(shape, kObject);
  }
  if (const auto additional = json.find("additionalProperties"); additional != json.end())
    facet.additional = SchemaRef{&*additional, schema.path + "/additionalProperties"};
  if (facet.properties.empty() && !facet.additional) return {};
  hint(shape, kObject);
  shape.objects.push_back(std::move(facet));
  return {};
}

Status SchemaReader::add_array(const SchemaRef& schema, Shape& shape) const {
  const Json& json = *schema.json;
  ArrayFacet facet;
  if (const auto prefix = json.find("prefixItems"); prefix != json.end()) {
    const std::string path = schema.path + "/prefixItems";
    if (!prefix->is_array()) return refuse(path, "prefixItems must be a list of schemas");
    for (std::size_t i = 0; i < prefix->size(); ++i)
      facet.prefix.push_back({&(*prefix)[i], fmt::format("{}/{}", path, i)});
  }
  if (const auto items = json.find("items"); items != json.end()) {
    if (items->is_array())
      return refuse(schema.path + "/items",
                    "items must be one schema; a list of them is called prefixItems in draft 2020-12");
    facet.items = SchemaRef{&*items, schema.path + "/items"};
  }
  if (facet.prefix.empty() && !facet.items) return {};
  hint(shape, kArray);
  shape.arrays.push_back(std::move(facet));
  return {};
}

Status SchemaReader::add_branches(const SchemaRef& schema, const std::string& keyword, Draft& draft) {
  const Json& given = (*schema.json)[keyword];
  const std::string path = schema.path + "/" + keyword;
  if (!given.is_array() || given.empty())
    return refuse(path, keyword + " must be a list of schemas that is not empty");
  Group group{.branches = {}, .exclusive = keyword == "oneOf", .path = path};
  for (std::size_t i = 0; i < given.size(); ++i)
    group.branches.push_back({&given[i], fmt::format("{}/{}", path, i)});
  if (keyword == "allOf") {
    for (const SchemaRef& branch : group.branches) {
      if (Status added = add(branch, draft); !added) return added;
    }
  } else {
    draft.groups.push_back(std::move(group));
  }
  return {};
}

Status SchemaReader::follow(const SchemaRef& schema, Draft& draft) {
  const Json& given = (*schema.json)["$ref"];
  const std::string path = schema.path + "/$ref";
  if (!given.is_string()) return refuse(path, "$ref must be a text");
  const auto& reference = given.get_ref<const std::string&>();
  if (reference != "#" && !reference.starts_with("#/")) {
    return refuse(path,
                  fmt::format("the reference {} cannot be followed; only # and #/... within this schema can",
                              given.dump()));
  }
  const Json* target = nullptr;
  try {
    const Json::json_pointer pointer{unescaped_fragment(reference.substr(1))};
    if (document_.contains(pointer)) target = &document_.at(pointer);
  } catch (const Json::exception&) {
    target = nullptr;
  }
  if (target == nullptr) return refuse(path, fmt::format("there is nothing at {}", given.dump()));
  return add({target, name_ + reference}, draft);
}

// Branches of the first group, each with what is asked besides; then those of the next.
Status SchemaReader::spread(Draft draft, std::vector<Shape>& shapes) {
  if (draft.groups.empty()) {
    if (shapes.size() >= kMostAlternatives)
      return refuse(name_, fmt::format("the schema combines to more than {} alternatives for one value",
                                       kMostAlternatives));
    shapes.push_back(std::move(draft.shape));
    return {};
  }
  const Group group = std::move(draft.groups.front());
  draft.groups.erase(draft.groups.begin());
  std::vector<std::vector<Shape>> branches;
  for (const SchemaRef& branch : group.branches) {
    Draft one = draft;
    if (Status added = add(branch, one); !added) return added;
    branches.emplace_back();
    if (Status all = spread(std::move(one), branches.back()); !all) return all;
  }
  if (group.exclusive) {
    if (Status apart = check_apart(group, branches); !apart) return apart;
  }
  for (auto& branch : branches) std::ranges::move(branch, std::back_inserter(shapes));
  if (shapes.size() > kMostAlternatives)
    return refuse(group.path, fmt::format("the schema combines to more than {} alternatives for one value",
                                          kMostAlternatives));
  return {};
}

}  // namespace minerva::chat::schema
