#pragma once
// The functions that every template may call, and the attributes of the objects they make.

#include <chrono>

#include "chat/jinja/evaluator.h"

namespace minerva::chat::jinja {

// range, dict, namespace, cycler, joiner, raise_exception, strftime_now. `now` is wall time.
void add_globals(Runtime& runtime, Context& context, std::chrono::local_seconds now);

}  // namespace minerva::chat::jinja
