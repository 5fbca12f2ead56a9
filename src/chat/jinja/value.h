#pragma once
// The values a template computes with: Python's, as far as a template can see them.
//
// Ownership: strings are shared and immutable; every container belongs to the Runtime of one rendering and is pointed at.
// A Value must not outlive its Runtime, except one that holds no container and no string of it (the constants of a
// parsed template).
// Threads: one rendering is one thread's; strings of a parsed template are shared between threads, read only.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "chat/jinja/text.h"

namespace minerva::chat::jinja {

class Dict;
class Runtime;
struct Callable;
struct Cycler;
struct Joiner;
struct LoopState;
struct Range;
struct Sequence;

// Subtracts a string's bytes from the rendering's live bytes when the last holder is gone.
struct MemoryMeter {
  std::size_t live_bytes = 0;
};

struct String {
  Text text;
  std::size_t n_chars = 0;  // code points
  bool is_markup = false;   // made by `safe` or `escape`: adding to it escapes the other side
  MemoryMeter* meter = nullptr;

  String(Text t, MemoryMeter* m);
  ~String();
  String(const String&) = delete;
  String& operator=(const String&) = delete;

  [[nodiscard]] const std::string& bytes() const { return text.bytes(); }
  [[nodiscard]] bool is_ascii() const { return n_chars == text.size(); }
};
using StringPtr = std::shared_ptr<const String>;

struct Missing {};  // a variable without a value, an argument not given; templates see Undefined
struct None {};
struct Undefined {
  StringPtr message;  // what an operation on it reports
};
struct NamespaceRef {
  Dict* fields;
};

// In the order of Value::Data.
enum class Kind : std::uint8_t {
  kMissing,
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kSequence,
  kRange,
  kDict,
  kNamespace,
  kCallable,
  kLoop,
  kCycler,
  kJoiner,
};

class Value {
 public:
  using Data = std::variant<Missing, Undefined, None, bool, std::int64_t, double, StringPtr, Sequence*,
                            Range*, Dict*, NamespaceRef, Callable*, LoopState*, Cycler*, Joiner*>;

  Value() = default;
  template <typename T>
    requires std::is_constructible_v<Data, std::in_place_type_t<T>, T>
  Value(T alternative)
      : data_(std::in_place_type<T>, std::move(alternative)) {}  // NOLINT: conversion is the point

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(data_.index()); }
  [[nodiscard]] bool is(Kind k) const { return kind() == k; }
  [[nodiscard]] bool is_missing() const { return is(Kind::kMissing); }
  [[nodiscard]] bool is_undefined() const { return is(Kind::kUndefined); }
  [[nodiscard]] bool is_none() const { return is(Kind::kNone); }
  [[nodiscard]] bool is_string() const { return is(Kind::kString); }
  [[nodiscard]] bool is_dict() const { return is(Kind::kDict); }
  [[nodiscard]] bool is_integral() const {
    return is(Kind::kInt) || is(Kind::kBool);
  }  // bool is an int in Python
  [[nodiscard]] bool is_number() const { return is_integral() || is(Kind::kFloat); }

  template <typename T>
  [[nodiscard]] const T& as() const {
    return *std::get_if<T>(&data_);
  }
  [[nodiscard]] const String& string() const { return *as<StringPtr>(); }
  [[nodiscard]] const std::string& bytes() const { return string().bytes(); }
  [[nodiscard]] Dict& dict() const { return *as<Dict*>(); }
  [[nodiscard]] Sequence& sequence() const { return *as<Sequence*>(); }
  [[nodiscard]] std::int64_t integer() const { return is(Kind::kBool) ? as<bool>() : as<std::int64_t>(); }
  [[nodiscard]] double number() const {
    return is(Kind::kFloat) ? as<double>() : static_cast<double>(integer());
  }

 private:
  Data data_;
};

// Everything a rendering owns besides strings. Containers do not change once made, so their nesting and their weight are
// known when they are filled. Nesting is bounded, so that walking a value cannot exhaust the stack; the weight is what a
// walk costs, so that it can be refused beforehand (a few containers that hold each other twice are walked 2^n times).
// A namespace may hold itself: walks stop there.
struct Object {
  std::uint32_t nesting = 1;  // 1 + the deepest element's
  std::uint64_t weight = 1;   // 1 + all elements', saturated

  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
};

// Lists and tuples; what Python's lazy iterators give (kGenerator: can be walked once); dict views.
enum class SequenceKind : std::uint8_t { kList, kTuple, kGenerator, kKeysView, kValuesView, kItemsView };

struct Sequence : Object {
  explicit Sequence(SequenceKind k) : sequence_kind(k) {}
  SequenceKind sequence_kind;
  bool is_group = false;  // a tuple of `groupby`: its elements are also `grouper` and `list`
  std::vector<Value> items;
  std::size_t n_taken = 0;  // kGenerator: items already given out
};

struct Range : Object {
  Range(std::int64_t first, std::int64_t last, std::int64_t by, std::int64_t count)
      : start(first), stop(last), step(by), n(count) {}
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;
  std::int64_t n;
  [[nodiscard]] std::int64_t at(std::int64_t index) const { return start + index * step; }
};

struct Cycler : Object {
  std::vector<Value> items;
  std::size_t position = 0;
};

struct Joiner : Object {
  Value separator;
  bool used = false;
};

// --- facts that need no Runtime

[[nodiscard]] bool is_true(const Value& value);
// Python's name for the type: "str", "dict", "NoneType"…
[[nodiscard]] std::string_view type_name(const Value& value);
[[nodiscard]] bool is_list(const Value& value);
[[nodiscard]] bool is_tuple(const Value& value);
[[nodiscard]] std::uint32_t nesting_of(const Value& value);
[[nodiscard]] std::uint64_t weight_of(const Value& value);
[[nodiscard]] StringPtr make_constant(
    std::string bytes);  // the template's own text, belonging to no rendering

}  // namespace minerva::chat::jinja
