#pragma once
// e^x for many numbers at once, so that a softmax over a whole vocabulary costs tens of microseconds and comes out the same
// on every machine: nothing but IEEE additions, multiplications and integer operations.
//
// x = n ln 2 + r with |r| <= ln 2 / 2, and a polynomial for e^r (Cody and Waite, "Software Manual for the Elementary
// Functions", 1980, chapter 6; the coefficients are Cephes' expf, https://www.netlib.org/cephes/). Relative error below 2e-7.
// Threads: pure.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace minerva::inference {

// As many as the compiler keeps in vector registers.
inline constexpr std::size_t kExpLanes = 16;

// Replaces each x <= 0 by e^x; 0 below -87, where a float's normal numbers end, and for minus infinity.
inline void exponentials(std::array<float, kExpLanes>& values) {
  constexpr float kLowest = -87.0F;
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;  // few bits, so that its products are exact
  constexpr float kLn2Low = -2.12194440e-4F;
  for (float& value : values) {
    const float x = value > kLowest ? value : kLowest;
    const auto n = static_cast<std::int32_t>(x * kLog2E - 0.5F);  // rounds to nearest: x is not above 0
    const auto whole = static_cast<float>(n);
    const float r = x - whole * kLn2High - whole * kLn2Low;
    float series = 1.9875691500e-4F;
    series = series * r + 1.3981999507e-3F;
    series = series * r + 8.3334519073e-3F;
    series = series * r + 4.1665795894e-2F;
    series = series * r + 1.6666665459e-1F;
    series = series * r + 5.0000001201e-1F;
    series = series * r * r + r + 1.0F;
    const float power = std::bit_cast<float>((n + 127) << 23);
    value = value > kLowest ? series * power : 0.0F;
  }
}

}  // namespace minerva::inference
