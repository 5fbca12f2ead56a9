#pragma once
// How long a step takes on a made-up machine. Microseconds; a value.

#include <chrono>
#include <cstdint>

namespace minerva::simulation {

struct CostLaw {
  double step = 2000;      // of a step, whatever is in it
  double token = 300;      // of each token
  double attended = 0;     // of each earlier token that one of the step's looks at
  std::uint64_t tile = 0;  // kernels compute whole tiles from half of one on, as ggml's do; 0: row by row

  [[nodiscard]] std::chrono::microseconds of(std::uint64_t n_tokens, std::uint64_t n_attended) const {
    std::uint64_t n_rows = n_tokens;
    if (tile > 0 && n_tokens >= tile / 2) n_rows = (n_tokens + tile - 1) / tile * tile;
    const double us = step + token * static_cast<double>(n_rows) + attended * static_cast<double>(n_attended);
    return std::chrono::microseconds{static_cast<std::int64_t>(us)};
  }
};

}  // namespace minerva::simulation
