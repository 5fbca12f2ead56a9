#pragma once
// How much the simulations do.
//
//   MINERVA_SIMULATION_STEPS=N   so many steps of each shape, instead of what fits into every test run
//   MINERVA_SIMULATION_SEED=N    this seed only: what a failure names

#include <cstdint>
#include <functional>

namespace minerva::simulation {

// Calls `run(seed, n_steps)` for seeds from 1 on, n_steps each, until they make up the length of this run (by default
// `n_total` steps), or a check has failed; then the seed is printed.
void for_each_seed(std::uint64_t n_total, std::uint64_t n_steps,
                   const std::function<void(std::uint64_t seed, std::uint64_t n_steps)>& run);

}  // namespace minerva::simulation
