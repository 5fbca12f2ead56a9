#pragma once
// What the server counts and times, in Prometheus' text format. docs/metrics.md lists it.
//
// Threads: the gateway's I/O thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/types.h"

namespace minerva::observe {

// One request that has ended. A time that it did not come to is negative.
struct RequestSample {
  using Seconds = std::chrono::duration<double>;

  std::string_view outcome;  // "stop", "length", "cancelled", or the error's name: few and fixed
  Seconds queue{-1};         // from its arrival to its first step
  Seconds first_token{-1};   // from its arrival
  Seconds total{0};
  std::uint32_t n_prompt = 0;
  std::uint32_t n_cached = 0;   // of these, not computed
  std::uint32_t n_drafted = 0;  // tokens computed ahead
  std::uint32_t n_accepted = 0;
};

// How things are at the moment of a scrape.
struct ServerSnapshot {
  wire::EngineStatus engine{};               // empty while there is no worker
  std::vector<wire::DeviceMemory> memory{};  // of the model; empty likewise
  std::uint32_t n_waiting = 0;
  int worker_pid = 0;  // 0 while there is none
  std::uint32_t n_worker_restarts = 0;
  std::uint32_t rung = 0;  // of smaller placements
  int standby_pid = 0;     // 0 while there is none
  bool standby_ready = false;
  std::chrono::milliseconds since_last_report{0};
  bool ready = false;
};

class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  void request_ended(const RequestSample& sample);
  // Tokens that came for one stream, and how long after its last ones; negative for its first.
  void tokens_came(std::uint32_t n_tokens, RequestSample::Seconds gap);
  // Two reports of one worker, of which the second came next.
  void engine_reported(const wire::EngineStatus& before, const wire::EngineStatus& now);

  // A worker that served is gone; so many of its requests go on with the next one.
  void worker_died(bool hung, std::size_t n_resumed);

  // The next worker takes less; few and fixed reasons.
  void fell_back(std::string_view reason);
  void standby_took_over();

  // Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string text(const ServerSnapshot& now);

 private:
  struct Numbers;
  std::unique_ptr<Numbers> numbers_;
};

}  // namespace minerva::observe
