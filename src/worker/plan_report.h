#pragma once
// `minerva-worker --plan OPTIONS`: what a load would come to, as one line of JSON.

#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::worker {

// `options` is a wire::LoadOptions as JSON, the result a wire::PlanReport. A model file that cannot be read, a device that is
// not there and the like are in its `error`.
[[nodiscard]] Result<std::string> plan_report(std::string_view options);

}  // namespace minerva::worker
