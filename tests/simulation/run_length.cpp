#include "run_length.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

namespace minerva::simulation {
namespace {

std::optional<std::uint64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  return std::stoull(text);
}

}  // namespace

void for_each_seed(std::uint64_t n_total, std::uint64_t n_steps,
                   const std::function<void(std::uint64_t seed, std::uint64_t n_steps)>& run) {
  const auto only = number_of("MINERVA_SIMULATION_SEED");
  const std::uint64_t n_wanted = number_of("MINERVA_SIMULATION_STEPS").value_or(n_total);
  const std::uint64_t n_seeds = only ? 1 : std::max<std::uint64_t>(1, n_wanted / n_steps);
  for (std::uint64_t i = 0; i < n_seeds; ++i) {
    const std::uint64_t seed = only.value_or(1 + i);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": MINERVA_SIMULATION_SEED=" << seed
                                    << " runs it alone");
    run(seed, n_steps);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace minerva::simulation
