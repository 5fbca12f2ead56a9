#pragma once
// What a template can call: built-in functions, methods bound to a value, macros; and how arguments reach them.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/jinja/runtime.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

struct MacroDefinition;
struct Activation;

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string_view, Value>> named;  // the names live as long as the rendering

  [[nodiscard]] const Value* find(std::string_view name) const;
};

// `self` is the value that a method belongs to or a filter is applied to.
using NativeFunction = Value (*)(Runtime&, const Value& self, const Arguments&);

struct Callable : Object {
  std::string_view name;
  NativeFunction function = nullptr;  // null: a macro
  Value self;
  const MacroDefinition* macro = nullptr;
  Activation* closure = nullptr;  // the variables that the macro's body sees around it
};

// The arguments of one call sorted into named parameters. Fails the runtime on too many, unknown, repeated or missing
// ones. A parameter whose name begins with '/' can be given by position only.
class Bound {
 public:
  Bound(Runtime& runtime, std::string_view function, const Arguments& arguments,
        std::initializer_list<std::string_view> parameters, std::size_t n_required = 0);

  explicit operator bool() const { return ok_; }
  [[nodiscard]] bool has(std::size_t i) const { return !values_[i].is_missing(); }
  [[nodiscard]] const Value& operator[](std::size_t i) const { return values_[i]; }
  // With a default where the argument is absent; fails the runtime when it is of another type.
  [[nodiscard]] std::int64_t integer(std::size_t i, std::int64_t otherwise) const;
  [[nodiscard]] bool truth(std::size_t i, bool otherwise) const {
    return has(i) ? is_true(values_[i]) : otherwise;
  }

 private:
  Runtime& runtime_;
  std::string_view function_;
  std::vector<Value> values_;
  bool ok_ = true;
};

}  // namespace minerva::chat::jinja
