#pragma once
// What happened to the service that its clients did not ask for: kept so that nothing degrades in silence.
//
// Threads: the gateway's I/O thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace minerva::gateway {

enum class ServiceEventKind : std::uint8_t {
  kWorkerDied,        // and requests go on with the next one
  kWorkerHung,        // the same of one that was ended because it completed no step
  kRecovered,         // the next worker is ready
  kRequestBlamed,     // a request was ended because it ends workers
  kSmallerPlacement,  // memory or a device failed, and the next worker takes less
  kLargerPlacement,   // it is tried with more again
  kWorkerGaveUp,      // no worker can serve; tried again rarely
  kStandbyTookOver,   // a worker died, and the one that stood by serves
  kStandbyDied,       // nobody was served by it
  kNoStandby,         // it was asked for and cannot be; tried again rarely
};

[[nodiscard]] std::string_view to_string(ServiceEventKind kind);

struct ServiceEvent {
  ServiceEventKind kind = ServiceEventKind::kWorkerDied;
  std::chrono::system_clock::time_point time;
  std::string what;  // a sentence
};

// The newest ones, oldest first.
class ServiceEvents {
 public:
  static constexpr std::size_t kMost = 32;

  void add(ServiceEventKind kind, std::string what);
  [[nodiscard]] const std::deque<ServiceEvent>& newest() const { return events_; }

 private:
  std::deque<ServiceEvent> events_;
};

}  // namespace minerva::gateway
