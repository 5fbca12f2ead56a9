#include "worker/worker_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "device/host_memory.h"
#include "engine/engine.h"
#include "inference/model_fingerprint.h"
#include "worker/command_queue.h"
#include "worker/low_priority.h"
#include "worker/prompt_memo.h"

namespace minerva::worker {
namespace {

namespace fs = std::filesystem;

// A worker without work says this often that it is there.
constexpr std::chrono::milliseconds kIdleReport{1000};

// Progress of loading is told at most this often.
constexpr std::chrono::milliseconds kProgressPause{100};

std::chrono::microseconds now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

// Asked for after the model is loaded: what is free then, and what a limit leaves, is free for this.
std::uint64_t prefix_store_bytes(const wire::LoadOptions& options, const wire::ModelCard& card) {
  constexpr std::uint64_t kMost = 2 * kGiB.value;
  if (options.cache_ram_mib != wire::kCacheRamAuto) return options.cache_ram_mib * kMiB.value;
  std::uint64_t free = device::host_memory().available.value;
  if (options.memory_limit_bytes > 0) {
    std::uint64_t taken = 0;
    for (const wire::DeviceMemory& part : card.memory) {
      if (part.device == "CPU") taken += part.weights_bytes + part.kv_bytes + part.compute_bytes;
    }
    free = std::min(free, options.memory_limit_bytes - std::min(options.memory_limit_bytes, taken));
  }
  return std::min(kMost, free / 4);
}

// Null when no folder is named. What the library writes is for its own version and the form of this context only, so they
// are part of the key.
Result<std::unique_ptr<engine::PrefixFiles>> open_prefix_files(const wire::LoadOptions& options,
                                                               const wire::ModelCard& card,
                                                               const std::string& engine_version) {
  if (options.prefix_cache_dir.empty()) return nullptr;
  const std::string form = fmt::format("{} {} {} {}", engine_version, card.cache_type_k, card.cache_type_v,
                                       std::to_underlying(card.flash_attention));
  const std::uint64_t version = std::hash<std::string>{}(form);
  return engine::PrefixFiles::open({.folder = options.prefix_cache_dir,
                                    .max_bytes = options.prefix_cache_mib * kMiB.value,
                                    .model_key = inference::model_fingerprint(options.model_path) ^ version});
}

}  // namespace

class WorkerLoop::Impl {
 public:
  Impl(wire::Channel& channel, BackendFactory factory, std::string engine_version, DraftFactory draft_factory,
       SandboxEntry sandbox_entry)
      : channel_{channel},
        factory_{std::move(factory)},
        draft_factory_{std::move(draft_factory)},
        sandbox_entry_{std::move(sandbox_entry)},
        engine_version_{std::move(engine_version)} {}

  Status run() {
    const auto first = first_load();
    if (!first) return std::unexpected(first.error());
    if (!*first) return {};
    const std::jthread reader{[this] { read(); }};
    Status ended = on(**first);
    if (ended) ended = work();
    queue_.close({});
    channel_.close_both_ways();
    return ended;
  }

 private:
  // --- the reader's thread
  void read();
  bool hand_over(wire::Message message);

  // --- the engine's thread
  struct Models {
    std::unique_ptr<inference::InferenceBackend> backend;
    std::unique_ptr<inference::DraftModel> draft = nullptr;  // null: none
  };

  Result<std::optional<wire::LoadRequest>> first_load();
  [[nodiscard]] Result<wire::Sandbox> prepare(const wire::LoadOptions& options) const;
  Status work();
  Status execute(Command command);
  Status on(const wire::Hello& hello);
  Status on(const wire::LoadRequest& request);
  Result<Models> load_models(const wire::LoadOptions& options, const LoadProgress& progress);
  Status on(TokenizedSubmit submit);
  Status on(Resume resume);
  Status on(const wire::Cancel& cancel);
  Status report(std::vector<wire::SequenceEvent> events);

  wire::Channel& channel_;
  BackendFactory factory_;
  DraftFactory draft_factory_;
  SandboxEntry sandbox_entry_;
  Result<wire::Sandbox> sandbox_;  // that was entered, or why not
  std::string engine_version_;
  CommandQueue queue_;
  PromptMemo last_prompt_;  // the reader's
  std::unique_ptr<inference::InferenceBackend> backend_;
  // What the reader tokenizes with: backend_, published once it is loaded and never taken back.
  std::atomic<const inference::InferenceBackend*> tokenizer_{nullptr};
  std::unique_ptr<engine::Engine> engine_;  // after backend_: destroyed before it
};

// --- the reader's thread

void WorkerLoop::Impl::read() {
  while (true) {
    auto message = channel_.receive();
    if (!message) return queue_.close(std::unexpected(message.error()));
    if (!*message || !hand_over(std::move(**message))) return queue_.close({});
  }
}

// False when nothing more is to be read.
bool WorkerLoop::Impl::hand_over(wire::Message message) {
  if (auto* hello = std::get_if<wire::Hello>(&message)) return queue_.push(std::move(*hello));
  if (auto* load = std::get_if<wire::LoadRequest>(&message)) return queue_.push(std::move(*load));
  if (auto* cancel = std::get_if<wire::Cancel>(&message)) return queue_.push(*cancel);
  if (std::holds_alternative<wire::Shutdown>(message)) return false;
  if (auto* submit = std::get_if<wire::Submit>(&message)) {
    if (submit->resumption)
      return queue_.push(Resume{.spec = std::move(submit->spec), .from = std::move(*submit->resumption)});
    const inference::InferenceBackend* tokenizer = tokenizer_;
    Result<std::vector<inference::Token>> prompt = fail(ErrorCode::kNotReady, "no model is loaded yet");
    if (tokenizer != nullptr) {
      prompt = last_prompt_.tokens_of(std::move(submit->spec.prompt),
                                      [tokenizer](const auto& text) { return tokenizer->tokenize(text); });
    }
    return queue_.push(TokenizedSubmit{.spec = std::move(submit->spec), .prompt = std::move(prompt)});
  }
  log::error("worker", "a message of type {} is not for a worker", message.index());
  return true;
}

// --- the engine's thread, at first alone

// Answers until a model is asked for; then the sandbox is entered. Nothing when there is an end before that.
Result<std::optional<wire::LoadRequest>> WorkerLoop::Impl::first_load() {
  while (true) {
    auto message = channel_.receive();
    if (!message) return std::unexpected(message.error());
    if (!*message) return std::nullopt;
    if (auto* load = std::get_if<wire::LoadRequest>(&**message)) {
      sandbox_ = prepare(load->options);
      return std::move(*load);
    }
    if (!hand_over(std::move(**message))) return std::nullopt;
    for (Command& command : queue_.take(std::chrono::milliseconds{0})) {
      if (Status done = execute(std::move(command)); !done) return std::unexpected(done.error());
    }
  }
}

// A folder that is made after the sandbox was entered could not be written to.
Result<wire::Sandbox> WorkerLoop::Impl::prepare(const wire::LoadOptions& options) const {
  if (const fs::path folder = options.prefix_cache_dir; !folder.empty()) {
    if (const Status made = engine::PrefixFiles::make_folder(folder); !made)
      return std::unexpected(made.error());
  }
  return sandbox_entry_ ? sandbox_entry_(options) : wire::Sandbox{};
}

Status WorkerLoop::Impl::work() {
  while (true) {
    const bool busy = engine_ && !engine_->idle();
    auto commands = queue_.take(busy ? std::chrono::milliseconds{0} : kIdleReport);
    const bool said_nothing = commands.empty() && !busy;
    for (Command& command : commands) {
      if (Status done = execute(std::move(command)); !done) return done;
    }
    // Nobody would hear the rest.
    if (queue_.closed()) return queue_.close_reason();
    if (!engine_) continue;
    if (!engine_->idle() || said_nothing) {
      if (Status sent = report(engine_->step()); !sent) return sent;
      if (const auto& error = engine_->broken()) {
        if (Status sent = channel_.send(wire::Dying{.error = *error}); !sent) return sent;
        return std::unexpected(*error);
      }
    }
  }
}

Status WorkerLoop::Impl::execute(Command command) {
  return std::visit([this](auto&& value) { return on(std::forward<decltype(value)>(value)); },
                    std::move(command));
}

Status WorkerLoop::Impl::on(const wire::Hello& hello) {
  if (const Status sent = channel_.send(wire::HelloReply{.protocol = wire::kProtocolVersion,
                                                         .program_version = MINERVA_VERSION,
                                                         .engine_version = engine_version_});
      !sent) {
    return sent;
  }
  if (hello.protocol == wire::kProtocolVersion) return {};
  return fail(ErrorCode::kInternal,
              fmt::format("the gateway speaks protocol {}, this worker {}: install both programs "
                          "from one build",
                          hello.protocol, wire::kProtocolVersion));
}

Status WorkerLoop::Impl::on(const wire::LoadRequest& request) {
  if (backend_) {
    return channel_.send(
        wire::LoadFailed{.error = {.code = ErrorCode::kInternal,
                                   .message = "this worker has a model already; start another worker",
                                   .field = {}}});
  }
  if (!sandbox_) return channel_.send(wire::LoadFailed{.error = sandbox_.error()});
  std::chrono::microseconds last_told{0};
  const auto progress = [&](float fraction) {
    const auto time = now();
    if (fraction < 1.0F && time - last_told < kProgressPause) return !queue_.closed();
    last_told = time;
    return !queue_.closed() && channel_.send(wire::LoadProgress{.fraction = fraction}).has_value();
  };
  const auto load = [&] { return load_models(request.options, progress); };
  auto models = request.gently ? at_low_priority(load) : load();
  if (!models) return channel_.send(wire::LoadFailed{.error = models.error()});
  wire::ModelCard card = models->backend->card();
  auto prefix_files = open_prefix_files(request.options, card, engine_version_);
  if (!prefix_files) return channel_.send(wire::LoadFailed{.error = prefix_files.error()});
  if (models->draft) inference::add_draft(card, models->draft->card());
  card.sandbox = *sandbox_;
  backend_ = std::move(models->backend);
  engine_ = std::make_unique<engine::Engine>(
      *backend_,
      engine::EngineOptions{.max_itl_ms = request.options.max_itl_ms,
                            .drafts = request.options.drafts,
                            .reuse_prefixes = request.options.reuse_prefixes,
                            .shared_prefixes = request.options.shared_prefixes,
                            .draft_model = std::move(models->draft),
                            .draft_max = request.options.draft_max,
                            .draft_min = request.options.draft_min,
                            .prefix_files = std::move(*prefix_files),
                            .prefix_store_bytes = prefix_store_bytes(request.options, card),
                            .n_sampling_threads = backend_->card().n_threads},
      now);
  tokenizer_ = backend_.get();
  return channel_.send(wire::ModelLoaded{.card = std::move(card)});
}

Result<WorkerLoop::Impl::Models> WorkerLoop::Impl::load_models(const wire::LoadOptions& options,
                                                               const LoadProgress& progress) {
  // A draft model is the smaller part of the way.
  const float model_part = draft_factory_ && !options.draft_model_path.empty() ? 0.9F : 1.0F;
  auto backend = factory_(options, [&](float fraction) { return progress(fraction * model_part); });
  if (!backend) return std::unexpected(backend.error());
  Models models{.backend = std::move(*backend)};
  if (!draft_factory_) return models;
  auto draft = draft_factory_(options, models.backend->card(), [&](float fraction) {
    return progress(model_part + fraction * (1.0F - model_part));
  });
  if (!draft) return std::unexpected(draft.error());
  models.draft = std::move(*draft);
  return models;
}

Status WorkerLoop::Impl::on(TokenizedSubmit submit) {
  // The reader tokenizes only with a model, so a prompt in tokens means that there is an engine.
  if (submit.prompt) {
    engine_->submit(std::move(submit.spec), std::move(*submit.prompt));
    return {};
  }
  return report({wire::SequenceFailed{.id = submit.spec.id, .error = submit.prompt.error()}});
}

Status WorkerLoop::Impl::on(Resume resume) {
  if (engine_) {
    engine_->resume(std::move(resume.spec), std::move(resume.from));
    return {};
  }
  return report({wire::SequenceFailed{
      .id = resume.spec.id,
      .error = {.code = ErrorCode::kNotReady, .message = "no model is loaded yet", .field = {}}}});
}

Status WorkerLoop::Impl::on(const wire::Cancel& cancel) {
  if (engine_) engine_->cancel(cancel.id);
  return {};
}

Status WorkerLoop::Impl::report(std::vector<wire::SequenceEvent> events) {
  return channel_.send(wire::StepReport{.status = engine_ ? engine_->status() : wire::EngineStatus{},
                                        .events = std::move(events)});
}

// --- the door

WorkerLoop::WorkerLoop(wire::Channel& channel, BackendFactory factory, std::string engine_version,
                       DraftFactory draft_factory, SandboxEntry sandbox_entry)
    : impl_{std::make_unique<Impl>(channel, std::move(factory), std::move(engine_version),
                                   std::move(draft_factory), std::move(sandbox_entry))} {}

WorkerLoop::~WorkerLoop() = default;

Status WorkerLoop::run() { return impl_->run(); }

}  // namespace minerva::worker
