#include "gateway/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace minerva::gateway {
namespace {

constexpr double kNewestWeight = 0.2;
constexpr double kLongestRetryS = 120;

}  // namespace

Status Admission::admit(std::uint32_t n_open, std::uint32_t n_parallel) const {
  if (n_open < n_parallel + max_queue_) return {};
  return std::unexpected(Error{
      .code = ErrorCode::kQueueFull,
      .message =
          fmt::format("the server is busy: {} requests run and {} wait; try again later, or start it with a "
                      "larger --parallel or --max-queue",
                      n_parallel, n_open - std::min(n_open, n_parallel)),
      .field = {},
      .retry_after_s = retry_after_s(n_open, n_parallel)});
}

void Admission::note_duration(std::chrono::milliseconds duration) {
  const auto newest = static_cast<double>(duration.count());
  mean_duration_ms_ =
      mean_duration_ms_ == 0 ? newest : mean_duration_ms_ + kNewestWeight * (newest - mean_duration_ms_);
}

// A newcomer gets in when one of the open requests ends; requests end at n_parallel per mean duration. The whole queue
// in front of it has to move up by its share before the newcomer would itself be served, which is what its client wants.
std::uint32_t Admission::retry_after_s(std::uint32_t n_open, std::uint32_t n_parallel) const {
  const double rounds = static_cast<double>(n_open) / std::max(1U, n_parallel);
  const double seconds = std::ceil(rounds * mean_duration_ms_ / 1000.0);
  return static_cast<std::uint32_t>(std::clamp(seconds, 1.0, kLongestRetryS));
}

}  // namespace minerva::gateway
