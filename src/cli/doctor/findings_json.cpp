#include <glaze/json.hpp>
#include <optional>

#include "cli/doctor/findings.h"
#include "wire/device_kind_json.h"

namespace minerva::cli {

// The document's shape. Not in the unnamed namespace: glaze reads the members' names of types with linkage.
struct FindingDocument {
  std::string section;
  std::string mark;
  std::string label;
  std::string text;
};
struct MemoryDocument {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
  bool limited = false;
};
struct DoctorDocument {
  std::string version;
  bool healthy = false;
  std::vector<FindingDocument> findings;
  std::optional<wire::MachineReport> machine;
  MemoryDocument memory;
  std::optional<wire::ModelCard> model;
};

namespace {

std::string_view to_string(Mark mark) {
  switch (mark) {
    case Mark::kGood: return "ok";
    case Mark::kWarning: return "warning";
    case Mark::kBad: return "bad";
  }
  return "";
}

}  // namespace

std::string findings_json(const std::vector<Finding>& findings, const MachineFacts& facts) {
  DoctorDocument document{.version = MINERVA_VERSION,
                          .healthy = is_healthy(findings),
                          .findings = {},
                          .machine = {},
                          .memory = {.total_bytes = facts.memory.total.value,
                                     .available_bytes = facts.memory.available.value,
                                     .limited = facts.memory.limited},
                          .model = {}};
  for (const Finding& finding : findings) {
    document.findings.push_back({.section = finding.section,
                                 .mark = std::string{to_string(finding.mark)},
                                 .label = finding.label,
                                 .text = finding.text});
  }
  if (facts.machine) document.machine = *facts.machine;
  if (facts.model) document.model = *facts.model;
  std::string text;
  if (glz::write<glz::opts{.skip_null_members = false, .prettify = true}>(document, text)) return "{}";
  return text + "\n";
}

}  // namespace minerva::cli
