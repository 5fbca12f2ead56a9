#pragma once
// e^x for a whole vocabulary, so that a softmax costs tens of microseconds and comes out the same on every machine: nothing
// but IEEE additions, multiplications and integer operations.
//
// x = n ln 2 + r with |r| <= ln 2 / 2, and a polynomial for e^r (Cody and Waite, "Software Manual for the Elementary
// Functions", 1980, chapter 6; the coefficients are Cephes' expf, https://www.netlib.org/cephes/). Relative error below 2e-7.
// Threads: pure.

#include "inference/float_lanes.h"

namespace minerva::inference {

// Of each x <= 0; 0 from -87 on, where a float's normal numbers end, and for minus infinity.
inline FloatLanes exponential(FloatLanes x) {
  constexpr float kLowest = -87.0F;
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;  // few bits, so that its products are exact
  constexpr float kLn2Low = -2.12194440e-4F;
  const IntLanes is_normal = x > kLowest;
  const FloatLanes normal = is_normal ? x : FloatLanes{};
  const auto n = __builtin_convertvector(normal * kLog2E - 0.5F, IntLanes);  // to nearest: x is not above 0
  const auto whole = __builtin_convertvector(n, FloatLanes);
  const FloatLanes r = normal - whole * kLn2High - whole * kLn2Low;
  FloatLanes series = r * 1.9875691500e-4F + 1.3981999507e-3F;
  series = series * r + 8.3334519073e-3F;
  series = series * r + 4.1665795894e-2F;
  series = series * r + 1.6666665459e-1F;
  series = series * r + 5.0000001201e-1F;
  series = series * r * r + r + 1.0F;
  const FloatLanes power = of_bits((n + 127) << 23);
  return is_normal ? series * power : FloatLanes{};
}

}  // namespace minerva::inference
