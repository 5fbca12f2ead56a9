#pragma once
// What the worker prints, and is asked, on its command line, as JSON: one line, kinds of devices as words.
//
// Threads: pure.

#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/types.h"

namespace minerva::wire {

[[nodiscard]] Result<std::string> to_json(const MachineReport& report);
[[nodiscard]] Result<std::string> to_json(const PlanReport& report);
// What `minerva-worker --plan` takes.
[[nodiscard]] Result<std::string> to_json(const LoadOptions& options);

// kInternal: it is none, or of another version of the other program. Keys that are not known are passed over.
[[nodiscard]] Result<MachineReport> machine_report_from_json(std::string_view json);
[[nodiscard]] Result<PlanReport> plan_report_from_json(std::string_view json);
[[nodiscard]] Result<LoadOptions> load_options_from_json(std::string_view json);

}  // namespace minerva::wire
