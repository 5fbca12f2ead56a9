#pragma once
// Four floats in a vector register, which every x86-64 and every arm64 has: GCC's and Clang's vector extension
// (https://gcc.gnu.org/onlinedocs/gcc/Vector-Extensions.html), whose operators work lane by lane.
//
// Threads: values.

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace minerva::inference {

inline constexpr std::size_t kLanes = 4;

using FloatLanes = float __attribute__((vector_size(16)));
using IntLanes = std::int32_t __attribute__((vector_size(16)));

inline FloatLanes load_lanes(const float* at) {
  FloatLanes lanes;
  std::memcpy(&lanes, at, sizeof lanes);
  return lanes;
}

// The bits of one as the other.
inline IntLanes bits_of(FloatLanes lanes) {
  IntLanes bits;
  std::memcpy(&bits, &lanes, sizeof bits);
  return bits;
}
inline FloatLanes of_bits(IntLanes bits) {
  FloatLanes lanes;
  std::memcpy(&lanes, &bits, sizeof lanes);
  return lanes;
}

inline float sum_of(FloatLanes lanes) { return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]); }

}  // namespace minerva::inference
