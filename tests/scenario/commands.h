#pragma once
// What a line of a scenario does. README.md is their reference.

#include "scenario_line.h"
#include "stage.h"

namespace minerva::scenario {

[[nodiscard]] Outcome perform(Stage& stage, const Line& line);

// The lines that begin with "expect".
[[nodiscard]] Outcome expect(Stage& stage, const Line& line);

}  // namespace minerva::scenario
