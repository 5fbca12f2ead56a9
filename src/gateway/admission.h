#pragma once
// How many generations may be open at once, how many of them one tenant's, and when a refused client should come back. A
// request is let in whole or not at all: each of its choices takes a place. Pure.

#include <chrono>
#include <cstdint>
#include <map>

#include "base/error.h"

namespace minerva::gateway {

class Admission {
 public:
  // `max_queue`: generations that may wait beyond those that run. `has_several_tenants`: no tenant may have more of them waiting than
  // places stay free, so that one alone gets half of the queue, two a third each, and a newcomer always finds a place.
  Admission(std::uint32_t max_queue, bool has_several_tenants)
      : max_queue_(max_queue), has_several_tenants_(has_several_tenants) {}

  // kQueueFull when there are too few places for the choices of another request while `n_parallel` run, kRateLimited when
  // there are for others' but not for this tenant's; retry_after_s is when what waits before it has probably been served.
  // kInvalidRequest when there never are.
  [[nodiscard]] Status admit(std::uint32_t tenant, std::uint32_t n_choices, std::uint32_t n_parallel) const;

  // Every request that was admitted, and its end.
  void opened(std::uint32_t tenant);
  void closed(std::uint32_t tenant);

  // Of a request that was served to its end: the time for which it held a slot.
  void note_service(std::chrono::microseconds duration);

 private:
  [[nodiscard]] std::uint32_t retry_after_s(std::uint32_t n_ahead, std::uint32_t n_parallel) const;

  std::uint32_t max_queue_;
  bool has_several_tenants_;
  std::uint32_t n_open_ = 0;
  std::map<std::uint32_t, std::uint32_t> open_by_tenant_;  // only those that have some
  double mean_service_ms_ = 0;  // exponential moving mean; 0 until the first request ended
};

}  // namespace minerva::gateway
