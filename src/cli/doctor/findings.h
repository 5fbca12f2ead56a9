#pragma once
// The doctor's judgement: facts in, lines out.
//
// Threads: pure.

#include <string>
#include <vector>

#include "cli/doctor/machine_facts.h"

namespace minerva::cli {

enum class Mark { kGood, kWarning, kBad };

struct Finding {
  std::string section;
  Mark mark = Mark::kGood;
  std::string label;
  std::string text;
};

[[nodiscard]] std::vector<Finding> judge(const MachineFacts& facts);

// Aligned, one section after the other; colours are ANSI's.
[[nodiscard]] std::string findings_text(const std::vector<Finding>& findings, bool colours);

// {"version", "healthy", "findings": [{"section", "mark", "label", "text"}], "machine", "memory", "model"}; what could not
// be found out is null.
[[nodiscard]] std::string findings_json(const std::vector<Finding>& findings, const MachineFacts& facts);

[[nodiscard]] bool is_healthy(const std::vector<Finding>& findings);

}  // namespace minerva::cli
