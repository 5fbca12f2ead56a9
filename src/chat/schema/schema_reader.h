#pragma once
// Schemas of JSON Schema, draft 2020-12 (https://json-schema.org/draft/2020-12/json-schema-validation), to shapes: reads keywords,
// follows references, joins what holds at once and lists the alternatives.
//
// Threads: one; the document outlives it. Errors: kInvalidRequest naming keyword and path.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/schema/shape.h"

namespace minerva::chat::schema {

class SchemaReader {
 public:
  static constexpr std::size_t kMostAlternatives = 256;
  static constexpr std::size_t kMostSteps = 200'000;  // schemas read, each as often as it is read

  // `name` is how messages call the document.
  SchemaReader(const Json& document, std::string name) : document_{document}, name_{std::move(name)} {}

  // Every value that is to be written satisfies one of them; with a conflict they are listed too.
  [[nodiscard]] Result<std::vector<Shape>> read(const Conjunction& conjunction);

  [[nodiscard]] SchemaRef root() const { return {&document_, name_ + "#"}; }

  // Whether a scalar, of `enum` or `const`, is what the shape asks for. An error when an array or object would have to be looked at.
  [[nodiscard]] Result<bool> admits(const Shape& shape, const Json& value, const std::string& path) const;

 private:
  struct Group {
    std::vector<SchemaRef> branches;
    bool exclusive;  // oneOf
    std::string path;
  };
  struct Draft {
    Shape shape;
    std::vector<Group> groups;
  };

  [[nodiscard]] Status add(const SchemaRef& schema, Draft& draft);
  [[nodiscard]] Status add_keyword(const SchemaRef& schema, const std::string& keyword, Draft& draft);
  [[nodiscard]] Status add_types(const SchemaRef& schema, Shape& shape) const;
  [[nodiscard]] Status add_values(const SchemaRef& schema, const std::string& keyword, Shape& shape) const;
  [[nodiscard]] Status add_number(const SchemaRef& schema, const std::string& keyword, Shape& shape) const;
  [[nodiscard]] Status add_divisor(const SchemaRef& schema, Shape& shape) const;
  [[nodiscard]] Status add_text(const SchemaRef& schema, const std::string& keyword, Shape& shape) const;
  [[nodiscard]] Status add_count(const SchemaRef& schema, const std::string& keyword, Shape& shape) const;
  [[nodiscard]] Status add_object(const SchemaRef& schema, Shape& shape) const;
  [[nodiscard]] Status add_array(const SchemaRef& schema, Shape& shape) const;
  [[nodiscard]] Status add_branches(const SchemaRef& schema, const std::string& keyword, Draft& draft);
  [[nodiscard]] Status follow(const SchemaRef& schema, Draft& draft);
  [[nodiscard]] Status spread(Draft draft, std::vector<Shape>& shapes);
  [[nodiscard]] Status check_apart(const Group& group, const std::vector<std::vector<Shape>>& branches);
  [[nodiscard]] Result<bool> are_apart(const Shape& left, const Shape& right, int depth);
  [[nodiscard]] Result<bool> objects_apart(const Shape& written, const Shape& other, int depth);

  const Json& document_;
  std::string name_;
  std::vector<const Json*> open_;  // the schemas being read, each within the one before
  std::size_t n_steps_ = 0;
};

}  // namespace minerva::chat::schema
