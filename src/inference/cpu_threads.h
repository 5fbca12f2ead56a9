#pragma once
// How many threads compute best: one a physical core that this process may use, within its control group's quota.
// Two threads of one core share its arithmetic units, so the second adds nothing to matrix products.

#include <cstdint>

namespace minerva::inference {

[[nodiscard]] std::uint32_t physical_cores_available();

}  // namespace minerva::inference
