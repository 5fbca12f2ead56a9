#include "gateway/service_event.h"

#include <utility>

namespace minerva::gateway {

std::string_view to_string(ServiceEventKind kind) {
  switch (kind) {
    case ServiceEventKind::kWorkerDied: return "worker_died";
    case ServiceEventKind::kWorkerHung: return "worker_hung";
    case ServiceEventKind::kRecovered: return "recovered";
    case ServiceEventKind::kRequestBlamed: return "request_blamed";
    case ServiceEventKind::kSmallerPlacement: return "smaller_placement";
    case ServiceEventKind::kLargerPlacement: return "larger_placement";
    case ServiceEventKind::kWorkerGaveUp: return "worker_gave_up";
    case ServiceEventKind::kStandbyTookOver: return "standby_took_over";
    case ServiceEventKind::kStandbyDied: return "standby_died";
    case ServiceEventKind::kNoStandby: return "no_standby";
  }
  return "unknown";
}

void ServiceEvents::add(ServiceEventKind kind, std::string what) {
  if (events_.size() == kMost) events_.pop_front();
  events_.push_back({.kind = kind, .time = std::chrono::system_clock::now(), .what = std::move(what)});
}

}  // namespace minerva::gateway
