#include "gateway/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace minerva::gateway {
namespace {

constexpr double kNewestWeight = 0.2;
constexpr double kLongestRetryS = 120;

std::uint32_t beyond(std::uint32_t n, std::uint32_t bound) { return n - std::min(n, bound); }

}  // namespace

Status Admission::admit(std::uint32_t tenant, std::uint32_t n_choices, std::uint32_t n_parallel) const {
  const std::uint32_t n_may_wait = has_several_tenants_ ? max_queue_ / 2 : max_queue_;
  if (n_choices > std::uint64_t{n_parallel} + n_may_wait) {
    return fail(
        ErrorCode::kInvalidRequest,
        fmt::format(
            "n is {}, but this server takes no more than {} at once from one client ({} that run and {} "
            "that wait): ask for fewer, or start it with a larger --parallel or --max-queue",
            n_choices, n_parallel + n_may_wait, n_parallel, n_may_wait),
        "n");
  }
  const std::uint32_t n_waiting = beyond(n_open_, n_parallel);
  const std::uint32_t n_waiting_then = beyond(n_open_ + n_choices, n_parallel);
  if (n_waiting_then > max_queue_) {
    return std::unexpected(
        Error{.code = ErrorCode::kQueueFull,
              .message = fmt::format(
                  "the server is busy: {} requests run and {} wait; try again later, or start it with a "
                  "larger --parallel or --max-queue",
                  n_parallel, n_waiting),
              .field = {},
              .retry_after_s = retry_after_s(n_waiting, n_parallel)});
  }
  const auto own = open_by_tenant_.find(tenant);
  const std::uint32_t n_open_own = own == open_by_tenant_.end() ? 0 : own->second;
  const std::uint32_t n_waiting_own_then = beyond(n_open_own + n_choices, n_parallel);
  if (!has_several_tenants_ || n_waiting_own_then <= max_queue_ - n_waiting_then) return {};
  const std::uint32_t n_waiting_own = beyond(n_open_own, n_parallel);
  const std::uint32_t n_free = beyond(max_queue_, n_waiting);
  // While one of its own is served, so is one of each other tenant.
  const auto n_tenants = static_cast<std::uint32_t>(open_by_tenant_.size());
  return std::unexpected(
      Error{.code = ErrorCode::kRateLimited,
            .message = fmt::format(
                "{} requests with this API key wait already, and the {} free places of the queue are for "
                "other keys; try again later, or start the server with a larger --max-queue",
                n_waiting_own, n_free),
            .field = {},
            .retry_after_s = retry_after_s(std::min(n_waiting, n_waiting_own * n_tenants), n_parallel)});
}

void Admission::opened(std::uint32_t tenant) {
  ++n_open_;
  ++open_by_tenant_[tenant];
}

void Admission::closed(std::uint32_t tenant) {
  const auto own = open_by_tenant_.find(tenant);
  assert(own != open_by_tenant_.end() && "a request closes once, after it was opened");
  --n_open_;
  if (--own->second == 0) open_by_tenant_.erase(own);
}

void Admission::note_service(std::chrono::microseconds duration) {
  const double newest = std::chrono::duration<double, std::milli>(duration).count();
  mean_service_ms_ =
      mean_service_ms_ == 0 ? newest : mean_service_ms_ + kNewestWeight * (newest - mean_service_ms_);
}

// The slots end n_parallel requests per mean service, so that is how fast those ahead go away.
std::uint32_t Admission::retry_after_s(std::uint32_t n_ahead, std::uint32_t n_parallel) const {
  const double rounds = static_cast<double>(std::max(1U, n_ahead)) / std::max(1U, n_parallel);
  const double seconds = std::ceil(rounds * mean_service_ms_ / 1000.0);
  return static_cast<std::uint32_t>(std::clamp(seconds, 1.0, kLongestRetryS));
}

}  // namespace minerva::gateway
