#pragma once
// What `minerva drill` does to a worker, in order.
//
// Threads: values.

#include <span>
#include <string_view>

namespace minerva::cli {

struct DrillFaultKind {
  std::string_view name;  // "out of memory"
  std::string_view what;  // in a sentence
  int signal = 0;         // that does it
};

// The largest fall last: the placement is smaller after the last ones.
[[nodiscard]] std::span<const DrillFaultKind> drill_faults();

}  // namespace minerva::cli
