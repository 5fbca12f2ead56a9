#pragma once
// The worker's life as the gateway sees it. Pure.
//
//                     kGreeted             kLoaded
//        kStarting ────────────► kLoading ──────────► kReady
//         ▲  ▲  │                  │   │                │
//         │  │  │ kDied      kDied │   │ kGaveUp        │ kDied
//  kRetry │  │  ▼                  ▼   │                ▼
//         │  └─ kRestarting ◄──────────┼────────────────┘
//         │        │ kGaveUp           ▼
//         └────────┴───────────────► kFailed
//
// kStarting may give up too: a worker of another version, or a program that is not there.

#include <cstdint>
#include <optional>
#include <string_view>

namespace minerva::gateway {

enum class WorkerState : std::uint8_t {
  kStarting,    // launched, or about to be
  kLoading,     // versions agree; the model is being loaded
  kReady,       // serves
  kRestarting,  // gone; the next one is due at once or after a short pause
  kFailed,      // cannot serve, and why is known; tried again rarely
};

enum class WorkerEvent : std::uint8_t { kGreeted, kLoaded, kDied, kGaveUp, kRetry };

[[nodiscard]] std::string_view to_string(WorkerState state);

// The state that follows, or nothing when this cannot happen in `state`.
[[nodiscard]] std::optional<WorkerState> next_state(WorkerState state, WorkerEvent event);

}  // namespace minerva::gateway
