#pragma once
// docs/configuration.md, written from the table.

#include <string>

namespace minerva::cli {

[[nodiscard]] std::string settings_markdown();

}  // namespace minerva::cli
