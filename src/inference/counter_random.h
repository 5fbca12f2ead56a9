#pragma once
// Random numbers that are a function of (seed, index): no state, so that a replay from any place draws the same.

#include <cstdint>

namespace minerva::inference {

// Uniform in [0, 1), 53 bits. The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011), keyed by the seed, its counter the index and the stream: numbers for another purpose at the
// same index come from another stream.
[[nodiscard]] double random_unit(std::uint64_t seed, std::uint64_t index, std::uint32_t stream = 0);

}  // namespace minerva::inference
