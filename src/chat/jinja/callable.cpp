#include "chat/jinja/callable.h"

#include <algorithm>

namespace minerva::chat::jinja {
namespace {

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

}  // namespace

const Value* Arguments::find(std::string_view name) const {
  const auto found = std::ranges::find(named, name, [](const auto& argument) { return argument.first; });
  return found == named.end() ? nullptr : &found->second;
}

Bound::Bound(Runtime& runtime, std::string_view function, const Arguments& arguments,
             std::initializer_list<std::string_view> parameters, std::size_t n_required)
    : runtime_(runtime), function_(function), values_(parameters.size()) {
  if (arguments.positional.size() > parameters.size()) {
    runtime.fail(std::string(function) + " takes at most " + std::to_string(parameters.size()) +
                 " arguments");
    ok_ = false;
    return;
  }
  std::ranges::copy(arguments.positional, values_.begin());
  for (const auto& [name, value] : arguments.named) {
    const auto* found = std::ranges::find(parameters, name);
    const auto index = static_cast<std::size_t>(found - parameters.begin());
    if (found == parameters.end() || has(index)) {
      runtime.fail(std::string(function) +
                   (found == parameters.end() ? " has no parameter " : " was given twice the argument ") +
                   quoted(name));
      ok_ = false;
      return;
    }
    values_[index] = value;
  }
  for (std::size_t i = 0; i < n_required; ++i) {
    if (has(i)) continue;
    runtime.fail(std::string(function) + " needs the argument " + quoted(parameters.begin()[i]));
    ok_ = false;
    return;
  }
}

std::int64_t Bound::integer(std::size_t i, std::int64_t otherwise) const {
  if (!has(i)) return otherwise;
  if (values_[i].is_integral()) return values_[i].integer();
  if (values_[i].is_undefined()) {
    runtime_.fail_undefined(values_[i]);
  } else {
    runtime_.fail(std::string(function_) + " expects an integer, not " + quoted(type_name(values_[i])));
  }
  return otherwise;
}

}  // namespace minerva::chat::jinja
