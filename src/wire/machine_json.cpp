#include "wire/machine_json.h"

#include <fmt/format.h>

#include <glaze/json.hpp>

#include "wire/device_kind_json.h"

namespace minerva::wire {
namespace {

template <typename Report>
Result<std::string> write(const Report& report) {
  std::string json;
  if (glz::write_json(report, json))
    return fail(ErrorCode::kInternal, "the report cannot be written as JSON");
  return json;
}

template <typename Report>
Result<Report> read(std::string_view json) {
  Report report;
  if (const auto wrong = glz::read<glz::opts{.error_on_unknown_keys = false}>(report, json)) {
    return fail(ErrorCode::kInternal,
                fmt::format("this is no such JSON; are both programs of one version? ({})",
                            glz::format_error(wrong, json)));
  }
  return report;
}

}  // namespace

Result<std::string> to_json(const MachineReport& report) { return write(report); }
Result<std::string> to_json(const PlanReport& report) { return write(report); }
Result<std::string> to_json(const LoadOptions& options) { return write(options); }
Result<MachineReport> machine_report_from_json(std::string_view json) { return read<MachineReport>(json); }
Result<PlanReport> plan_report_from_json(std::string_view json) { return read<PlanReport>(json); }
Result<LoadOptions> load_options_from_json(std::string_view json) { return read<LoadOptions>(json); }

}  // namespace minerva::wire
