#pragma once
// The methods of Python's built-in types that a template may call. Methods that would change their value are not here:
// the sandbox refuses them (see access.cpp).

#include <string_view>

#include "chat/jinja/callable.h"

namespace minerva::chat::jinja {

struct Method {
  std::string_view name;  // empty: there is no such method
  NativeFunction function = nullptr;
};

[[nodiscard]] Method find_string_method(std::string_view name);
// Of `of`'s type: dict, list, tuple, dict view, range, int, float.
[[nodiscard]] Method find_container_method(const Value& of, std::string_view name);
[[nodiscard]] inline Method find_method(const Value& of, std::string_view name) {
  return of.is_string() ? find_string_method(name) : find_container_method(of, name);
}
// As a value that can be called later; Missing for no method.
[[nodiscard]] Value bind(Runtime& runtime, const Method& method, const Value& self);

}  // namespace minerva::chat::jinja
