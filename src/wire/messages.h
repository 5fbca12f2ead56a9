#pragma once
// Every message that crosses between gateway and worker.
//
//   gateway                                   worker
//     │ Hello ─────────────────────────────────► │
//     │ ◄───────────────────────────── HelloReply │   versions agree, or the gateway says which differ and ends it
//     │ LoadRequest ───────────────────────────► │
//     │ ◄──────────────────────── LoadProgress … │
//     │ ◄────────────────── ModelLoaded │ LoadFailed
//     │ Submit, Cancel ────────────────────────► │
//     │ ◄───────────────────────────── StepReport │   one a step, with the events of all sequences
//     │ ◄────────────────────────────────── Dying │   at any time, where the worker can still say so
//     │ Shutdown ──────────────────────────────► │   ends the worker; so does the end of the stream
//
// The position in `Message` is the type on the wire: append only.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "wire/types.h"

namespace minerva::wire {

// Changed only when an old peer would misunderstand a new one; added fields and messages do not count.
inline constexpr std::uint32_t kProtocolVersion = 1;

struct Hello {
  std::uint32_t protocol = kProtocolVersion;
  std::string program_version;
};

struct HelloReply {
  std::uint32_t protocol = kProtocolVersion;
  std::string program_version;
  std::string engine_version;  // of libllama and ggml
};

struct LoadRequest {
  LoadOptions options;
  bool gently = false;  // another worker serves meanwhile: the CPU is its first
};

struct LoadProgress {
  float fraction = 0.0F;  // 0 to 1
};

struct ModelLoaded {
  ModelCard card;
};

struct LoadFailed {
  Error error;
};

struct Submit {
  GenerationSpec spec;
  std::optional<Resumption> resumption{};  // then nothing reads the prompt's text
};

struct Cancel {
  std::uint64_t id = 0;
};

using SequenceEvent = std::variant<SequenceAccepted, SequenceText, SequenceFinished, SequenceFailed>;

// After each step, and about once a second while nothing runs: then without events.
struct StepReport {
  EngineStatus status;
  std::vector<SequenceEvent> events;
};

struct Shutdown {};

// The worker is about to end because what it needs is not there: kOutOfMemory, kGpuNotAvailable (the device is lost), or
// kWorkerCrashed for whatever else the library cannot go on with.
struct Dying {
  Error error;
};

using Message = std::variant<Hello, HelloReply, LoadRequest, LoadProgress, ModelLoaded, LoadFailed, Submit,
                             Cancel, StepReport, Shutdown, Dying>;

}  // namespace minerva::wire
