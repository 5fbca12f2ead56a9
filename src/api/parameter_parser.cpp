#include "api/parameter_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace minerva::api {
namespace {

template <typename T>
std::string words(Range<T> range, std::string_view kind) {
  if (range.high == std::numeric_limits<T>::max()) return fmt::format("{} of at least {}", kind, range.low);
  return fmt::format("{} from {} to {}", kind, range.low, range.high);
}

}  // namespace

ParameterParser::ParameterParser(const Json& object, std::string path) : path_(std::move(path)) {
  if (object.is_object()) {
    object_ = &object;
    return;
  }
  const std::string name = path_.empty() ? "the body" : path_;
  error_ = Error{.code = ErrorCode::kInvalidRequest,
                 .message = fmt::format("{} must be an object, but it is {}", name, excerpt(object)),
                 .field = path_};
}

void ParameterParser::number(std::string_view name, Range<float> allowed, float& target) {
  const Json* given = value(name);
  if (given == nullptr) return;
  const double number = given->is_number() ? given->get<double>() : std::nan("");
  // Compared as float, the type of the target: 0.1 as text is not quite 0.1F as double.
  const auto narrow = static_cast<float>(number);
  if (!(narrow >= allowed.low && narrow <= allowed.high))
    return mismatch(name, words(allowed, "a number"), *given);
  target = narrow;
}

std::optional<std::int64_t> ParameterParser::bounded_integer(std::string_view name,
                                                             Range<std::int64_t> allowed) {
  const Json* given = value(name);
  if (given == nullptr) return std::nullopt;
  // Clients in languages with one number type write 5.0 for 5.
  std::optional<std::int64_t> number;
  if (given->is_number_unsigned()) {
    const auto wide = given->get<std::uint64_t>();
    if (std::in_range<std::int64_t>(wide)) number = static_cast<std::int64_t>(wide);
  } else if (given->is_number_integer()) {
    number = given->get<std::int64_t>();
  } else if (given->is_number_float()) {
    const auto real = given->get<double>();
    if (std::trunc(real) == real && std::abs(real) < 0x1p53) number = static_cast<std::int64_t>(real);
  }
  if (number && *number >= allowed.low && *number <= allowed.high) return number;
  mismatch(name, words(allowed, "an integer"), *given);
  return std::nullopt;
}

void ParameterParser::integer(std::string_view name, Range<std::int64_t> allowed, std::int64_t& target) {
  if (const auto number = bounded_integer(name, allowed)) target = *number;
}

void ParameterParser::integer(std::string_view name, Range<std::int64_t> allowed, std::int32_t& target) {
  if (const auto number = bounded_integer(name, allowed)) target = static_cast<std::int32_t>(*number);
}

void ParameterParser::integer(std::string_view name, Range<std::int64_t> allowed, std::uint32_t& target) {
  if (const auto number = bounded_integer(name, allowed)) target = static_cast<std::uint32_t>(*number);
}

void ParameterParser::boolean(std::string_view name, bool& target) {
  const Json* given = value(name);
  if (given == nullptr) return;
  if (!given->is_boolean()) return mismatch(name, "true or false", *given);
  target = given->get<bool>();
}

void ParameterParser::text(std::string_view name, std::string& target) {
  const Json* given = value(name);
  if (given == nullptr) return;
  if (!given->is_string()) return mismatch(name, "a string", *given);
  target = given->get<std::string>();
}

void ParameterParser::choice(std::string_view name, std::initializer_list<std::string_view> allowed,
                             std::string& target) {
  const Json* given = value(name);
  if (given == nullptr) return;
  if (!given->is_string() ||
      std::ranges::find(allowed, given->get_ref<const std::string&>()) == allowed.end()) {
    return mismatch(name, fmt::format("one of \"{}\"", fmt::join(allowed, "\", \"")), *given);
  }
  target = given->get<std::string>();
}

const Json* ParameterParser::object(std::string_view name) {
  const Json* given = value(name);
  if (given == nullptr || given->is_object()) return given;
  mismatch(name, "an object", *given);
  return nullptr;
}

const Json* ParameterParser::array(std::string_view name) {
  const Json* given = value(name);
  if (given == nullptr || given->is_array()) return given;
  mismatch(name, "an array", *given);
  return nullptr;
}

const Json* ParameterParser::value(std::string_view name) const {
  if (object_ == nullptr) return nullptr;
  const auto found = object_->find(name);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

void ParameterParser::include(const Status& other) {
  if (!other && !error_) error_ = other.error();
}

void ParameterParser::refuse(std::string_view name, std::string message) {
  if (!error_)
    error_ = Error{.code = ErrorCode::kInvalidRequest, .message = std::move(message), .field = path_of(name)};
}

void ParameterParser::mismatch(std::string_view name, std::string_view allowed, const Json& given) {
  refuse(name, fmt::format("{} must be {}, but it is {}", path_of(name), allowed, excerpt(given)));
}

std::string ParameterParser::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

Status ParameterParser::status() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

std::string element_path(std::string_view array_path, std::size_t index) {
  return fmt::format("{}[{}]", array_path, index);
}

}  // namespace minerva::api
