#pragma once
// What several schemas ask together of one value, after references and combinations are resolved: no alternatives are left.
//
// Threads: values; they point into the schema document, which outlives them.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/schema/decimal.h"

namespace minerva::chat::schema {

using Json = nlohmann::ordered_json;

// A schema within its document; `path` is a JSON pointer (RFC 6901) after the document's own name and "#".
struct SchemaRef {
  const Json* json;
  std::string path;
};

// Schemas that hold at once. None: any value.
using Conjunction = std::vector<SchemaRef>;

// An integer may be written as a number is; what no integer is, is a fraction.
enum TypeBit : std::uint32_t {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kFraction = 8,
  kString = 16,
  kArray = 32,
  kObject = 64,
  kAllTypes = 127,
};

// The members that one schema speaks of.
struct ObjectFacet {
  std::vector<std::pair<std::string, SchemaRef>> properties{};
  std::optional<SchemaRef> additional{};
};

struct ArrayFacet {
  std::vector<SchemaRef> prefix{};
  std::optional<SchemaRef> items{};
};

struct Shape {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint32_t types = kAllTypes;
  bool is_typed = false;                      // some `type`, `enum` or `const` speaks
  std::uint32_t hinted = 0;                   // the types whose keywords are there
  std::optional<std::vector<Json>> values{};  // of `enum` and `const`

  NumberRules numbers{};

  std::vector<std::string> patterns{};
  std::uint64_t least_length = 0;
  std::uint64_t most_length = kUnlimited;

  std::vector<ArrayFacet> arrays{};
  std::uint64_t least_items = 0;
  std::uint64_t most_items = kUnlimited;

  std::vector<ObjectFacet> objects{};
  std::vector<std::string> required{};
  std::uint64_t least_properties = 0;
  std::uint64_t most_properties = kUnlimited;

  std::string conflict{};  // why there can be no value, or empty

  // The types that are written: where no type is asked for, those that the keywords are about.
  [[nodiscard]] std::uint32_t written_types() const {
    return is_typed || hinted == 0 ? types : types & hinted;
  }
  void rule_out(const std::string& why) {
    if (conflict.empty()) conflict = why;
  }

  [[nodiscard]] bool requires_member(const std::string& name) const;
  [[nodiscard]] Conjunction member(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> declared_members() const;  // in the order of their declaration
  // What other members must be; nothing when there may be none. Those that nobody declares are written only where a schema
  // allows them by name, or none declares any.
  [[nodiscard]] std::optional<Conjunction> other_members() const;
  [[nodiscard]] bool may_write_member(const std::string& name) const;

  [[nodiscard]] std::size_t n_prefix() const;
  [[nodiscard]] Conjunction item(std::size_t index) const;  // from n_prefix() on all are alike
  [[nodiscard]] bool has_items() const;
};

// A conjunction that nothing satisfies, because one of it is `false`.
[[nodiscard]] bool is_never(const Conjunction& conjunction);

}  // namespace minerva::chat::schema
