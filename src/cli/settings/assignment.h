#pragma once
// A setting and the texts that one source gives it, with the place to name when they are wrong.
//
// Threads: values.

#include <string>
#include <vector>

#include "cli/settings/setting.h"

namespace minerva::cli {

struct Assignment {
  const Setting* setting = nullptr;
  std::vector<std::string> values;  // not empty
  std::string origin;               // "--port", "MINERVA_PORT", "config.toml line 3, port"
};
using Assignments = std::vector<Assignment>;

}  // namespace minerva::cli
