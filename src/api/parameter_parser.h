#pragma once
// Reads the known fields of a JSON object with their types and bounds.
//
// A field that is absent or null leaves its target as it was; a field of the wrong type or out of bounds is an error that
// names the field's path, what was given and what is allowed. Unknown fields are nobody's business. The first error
// stands; after it the targets mean nothing.
//
// Threads: one thread; the object outlives the parser.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "api/json_text.h"
#include "base/error.h"

namespace minerva::api {

// Both ends belong to it.
template <typename T>
struct Range {
  T low;
  T high;
};

class ParameterParser {
 public:
  // `path` names the object in its document ("messages[2]"); empty for the document itself.
  ParameterParser(const Json& object, std::string path);

  // False, and an error, when the value is no object: then no field can be read.
  [[nodiscard]] bool is_object() const { return object_ != nullptr; }

  void number(std::string_view name, Range<float> allowed, float& target);
  void integer(std::string_view name, Range<std::int64_t> allowed, std::int64_t& target);
  void integer(std::string_view name, Range<std::int64_t> allowed, std::int32_t& target);
  void integer(std::string_view name, Range<std::int64_t> allowed, std::uint32_t& target);
  void boolean(std::string_view name, bool& target);
  void text(std::string_view name, std::string& target);
  void choice(std::string_view name, std::initializer_list<std::string_view> allowed, std::string& target);

  // The value, or null when it is absent or of another type (the latter is an error).
  [[nodiscard]] const Json* object(std::string_view name);
  [[nodiscard]] const Json* array(std::string_view name);
  // Any type; null when absent or null.
  [[nodiscard]] const Json* value(std::string_view name) const;

  // Takes over another parser's error, if it has one.
  void include(const Status& other);
  void refuse(std::string_view name, std::string message);
  // "PATH must be ALLOWED, but it is GIVEN".
  void mismatch(std::string_view name, std::string_view allowed, const Json& given);

  [[nodiscard]] std::string path_of(std::string_view name) const;
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] Status status() const;

 private:
  [[nodiscard]] std::optional<std::int64_t> bounded_integer(std::string_view name,
                                                            Range<std::int64_t> allowed);

  const Json* object_ = nullptr;
  std::string path_;
  std::optional<Error> error_;
};

// "messages" and 2 give "messages[2]".
[[nodiscard]] std::string element_path(std::string_view array_path, std::size_t index);

}  // namespace minerva::api
