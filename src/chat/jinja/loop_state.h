#pragma once
// What `loop` is inside a for block, and the walk over whatever Python can iterate.

#include <functional>
#include <optional>

#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

class Runtime;
struct ForStatement;
struct Activation;

// A walk over a value's elements: items of a sequence, keys of a dict, characters of a string, numbers of a range.
// A generator gives each item once, whoever walks it.
class Cursor {
 public:
  // Fails the runtime when the value cannot be iterated.
  Cursor(Runtime& runtime, const Value& over);
  // The next element; nothing at the end or after a failure. Counts a step.
  [[nodiscard]] std::optional<Value> next();

 private:
  Runtime* runtime_;
  Value over_;
  std::size_t at_ = 0;  // element, or byte of a string
};

// True for what `Cursor` accepts.
[[nodiscard]] bool is_iterable(const Value& value);
// len(value), where Python has one.
[[nodiscard]] std::optional<std::size_t> length_of(const Value& value);

struct LoopState : Object {
  LoopState(Runtime& runtime, const Value& over, std::function<std::optional<Value>()> source);

  // Moves on; false at the end.
  bool advance();
  [[nodiscard]] bool is_last() { return !peek().has_value(); }
  [[nodiscard]] const std::optional<Value>& peek();
  [[nodiscard]] std::size_t length();

  std::int64_t index0 = -1;
  std::int64_t depth0 = 0;
  Value current;
  Value before;
  std::vector<Value> last_changed;
  bool was_changed_before = false;
  const ForStatement* recursive = nullptr;  // the statement to run again, when marked recursive
  Activation* activation = nullptr;

 private:
  [[nodiscard]] std::optional<Value> pull();

  std::function<std::optional<Value>()> source_;  // the elements that pass the loop's own `if`
  std::optional<std::size_t> length_;
  std::vector<Value> pulled_;  // read ahead for `length`
  std::size_t n_pulled_used_ = 0;
  std::optional<Value> after_;
  bool is_peeked_ = false;
};

}  // namespace minerva::chat::jinja
