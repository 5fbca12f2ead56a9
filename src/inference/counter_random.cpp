#include "inference/counter_random.h"

#include <array>

namespace minerva::inference {
namespace {

struct Product {
  std::uint32_t high;
  std::uint32_t low;
};

Product multiply(std::uint32_t a, std::uint32_t b) {
  const std::uint64_t product = std::uint64_t{a} * b;
  return {static_cast<std::uint32_t>(product >> 32U), static_cast<std::uint32_t>(product)};
}

using Block = std::array<std::uint32_t, 4>;

// The multipliers and the increments of the keys are the paper's.
Block philox4x32_10(Block counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const Product first = multiply(0xD2511F53U, counter[0]);
    const Product second = multiply(0xCD9E8D57U, counter[2]);
    counter = {second.high ^ counter[1] ^ key0, second.low, first.high ^ counter[3] ^ key1, first.low};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return counter;
}

}  // namespace

double random_unit(std::uint64_t seed, std::uint64_t index, std::uint32_t stream) {
  const Block block =
      philox4x32_10({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32U), stream, 0},
                    static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U));
  const std::uint64_t bits = (std::uint64_t{block[0]} << 32U) | block[1];
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

}  // namespace minerva::inference
