#pragma once
// The wall time that golden files were made at; make_golden.py has the same.

#include <chrono>

namespace minerva::test {

inline constexpr std::chrono::local_seconds kGoldenClock =
    std::chrono::local_days(std::chrono::year(2025) / 3 / 7) + std::chrono::hours(14) +
    std::chrono::minutes(5) + std::chrono::seconds(9);

}  // namespace minerva::test
