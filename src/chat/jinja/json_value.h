#pragma once
// JSON to template values, each string marked with where it comes from.

#include <nlohmann/json_fwd.hpp>

#include "chat/jinja/evaluator.h"

namespace minerva::chat::jinja {

// Integers above 2^63 - 1 become floats, as in most JSON readers.
[[nodiscard]] Value to_value(Runtime& runtime, const nlohmann::ordered_json& json, Origin origin);

// The members of an object become variables, except those that the context has already.
void add_variables(Runtime& runtime, Context& context, const nlohmann::ordered_json& object, Origin origin);

}  // namespace minerva::chat::jinja
