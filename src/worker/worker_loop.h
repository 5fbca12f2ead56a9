#pragma once
// The worker's whole life on one channel: handshake, load, steps, end.
//
// Threads: run() is the engine's thread and blocks until the end. From the first LoadRequest on a reader thread of its own receives
// messages, tokenizes prompts, and hands both over through a queue, so that a long prompt never holds up a step.
// Works over any backend: the product passes LlamaCppBackend, scenario tests a scripted one.

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "inference/draft_model.h"
#include "inference/inference_backend.h"
#include "wire/channel.h"
#include "wire/messages.h"

namespace minerva::worker {

// Called with a fraction from 0 to 1; returns false when loading should be given up.
using LoadProgress = std::function<bool(float)>;
using BackendFactory = std::function<Result<std::unique_ptr<inference::InferenceBackend>>(
    const wire::LoadOptions&, const LoadProgress&)>;

// The draft model for the model of this card; null when the options name none.
using DraftFactory = std::function<Result<std::unique_ptr<inference::DraftModel>>(
    const wire::LoadOptions&, const wire::ModelCard& model, const LoadProgress&)>;

// Gives up what the worker does not need; called before anything of the first model is read, and before there is another thread.
using SandboxEntry = std::function<Result<wire::Sandbox>(const wire::LoadOptions&)>;

class WorkerLoop {
 public:
  // The channel must outlive the loop. `engine_version` goes into HelloReply. Without a draft factory there are no draft models,
  // and without a sandbox entry nothing is given up.
  WorkerLoop(wire::Channel& channel, BackendFactory factory, std::string engine_version,
             DraftFactory draft_factory = nullptr, SandboxEntry sandbox_entry = nullptr);
  ~WorkerLoop();

  // Until Shutdown or the end of the stream (success), or until the peer breaks the protocol (the error).
  // A load that failed is reported and leaves the loop waiting for another LoadRequest.
  [[nodiscard]] Status run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace minerva::worker
