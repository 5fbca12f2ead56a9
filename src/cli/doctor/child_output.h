#pragma once
// Runs a program to its end and keeps what it writes, within bounds of time and size.
//
// Threads: blocks the caller; any.

#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"

namespace minerva::cli {

struct ChildOutput {
  std::string output;
  std::string errors;  // both cut at kMaxChildText
};
inline constexpr std::size_t kMaxChildText = std::size_t{1} << 20;

// Standard input is empty. kTimeout when it has not ended in time (it is killed), kWorkerCrashed when it ended with a signal
// or a status other than 0, with the last line it wrote to standard error.
[[nodiscard]] Result<ChildOutput> run_child(const std::string& program,
                                            const std::vector<std::string>& arguments,
                                            std::chrono::milliseconds deadline);

}  // namespace minerva::cli
