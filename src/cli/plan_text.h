#pragma once
// A plan as a table, and as JSON. Pure.

#include <string>

#include "wire/types.h"

namespace minerva::cli {

// One line a device: weights, KV, compute buffers, caches, draft model, margin, their sum and what may be used; then the
// sentence, and the refusal where there is one.
[[nodiscard]] std::string plan_text(const wire::PlanReport& report);

// The same, in bytes. `error` is null or {code, message}.
[[nodiscard]] std::string plan_json(const wire::PlanReport& report);

}  // namespace minerva::cli
