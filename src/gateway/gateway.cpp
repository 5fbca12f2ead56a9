#include "gateway/gateway.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/admission.h"
#include "gateway/choice_specs.h"
#include "gateway/choices.h"
#include "gateway/generation.h"
#include "gateway/quarantine.h"
#include "gateway/worker_supervisor.h"
#include "observe/server_metrics.h"

namespace minerva::gateway {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::uint32_t kNotReadyRetryS = 2;

std::string_view outcome_of(const Ending& ending) {
  if (const auto* error = std::get_if<Error>(&ending)) return traits(error->code).name;
  return std::get<Finished>(ending).reason == wire::FinishReason::kStop ? "stop" : "length";
}

std::string_view reason_of_fallback(const WorkerDeath& death) {
  if (death.word == ErrorCode::kOutOfMemory) return "memory";
  return death.word == ErrorCode::kGpuNotAvailable ? "device" : "deaths";
}

Error kills_workers(const WorkerDeath& death) {
  return {
      .code = death.code,
      .message = fmt::format("this request was ended because it ended the inference worker each time, also "
                             "when no other request was there (the last time: {})",
                             death.how),
      .field = {}};
}

Error out_of_time(const Generation& generation, milliseconds timeout) {
  return {.code = ErrorCode::kTimeout,
          .message = fmt::format(
              "the request was not finished within its timeout_ms of {}; {} tokens were generated",
              timeout.count(), generation.tokens().size()),
          .field = "timeout_ms"};
}

}  // namespace

class Gateway::Impl final : public WorkerObserver, public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, GatewayOptions options, std::shared_ptr<WorkerLauncher> launcher)
      : executor_(std::move(executor)),
        model_name_(options.model_name.empty()
                        ? std::filesystem::path{options.load.model_path}.stem().string()
                        : std::move(options.model_name)),
        admission_(options.max_queue, options.has_several_tenants),
        supervisor_(executor_,
                    {.load = std::move(options.load),
                     .times = options.restart,
                     .standby = options.standby,
                     .placement_file = std::move(options.placement_file)},
                    std::move(launcher), *this),
        one_ended_(executor_) {}

  void start(std::function<void(const GatewayStatus&)> on_change) {
    on_change_ = std::move(on_change);
    running_ = true;
    supervisor_.start(weak_from_this());
  }

  Result<TokenStream> submit(GenerationRequest request);
  GatewayStatus status() const;
  std::string metrics_text();
  bool running() const { return running_; }

  void begin_drain() { draining_ = true; }
  static asio::awaitable<bool> drained(std::shared_ptr<Impl> self, milliseconds patience);
  static asio::awaitable<void> stop(std::shared_ptr<Impl> self);

  void on_change() override;
  void on_ready() override;
  void on_take_over() override { metrics_.standby_took_over(); }
  void on_report(const wire::EngineStatus& before, const wire::EngineStatus& now) override {
    metrics_.engine_reported(before, now);
  }
  std::uint32_t n_context_needed() const override;
  Owed owed() const override;
  bool is_calm() const override {
    return std::ranges::all_of(inside_worker(), &Quarantine::Inside::progressed);
  }
  Status on_events(std::vector<wire::SequenceEvent> events) override;
  [[nodiscard]] DeathCause on_death(const WorkerDeath& death) override;
  void on_failed(const Error& error) override;

 private:
  using Record = std::shared_ptr<Generation>;

  Status admit(const GenerationRequest& request) const;
  Status admit_by_state() const;
  void send(const Record& record);
  void send_admitted();
  void set_deadline(const Generation& generation, milliseconds timeout);
  void abandoned(const Generation& generation);
  void close(const Generation& generation);
  void measure(const Generation& ended);

  // The open records of which `choose` holds, in order of arrival; a list of its own because ending them changes open_.
  template <typename Choose>
  std::vector<Record> open_where(Choose choose) const {
    std::vector<Record> chosen;
    for (const auto& [id, record] : open_) {
      if (choose(*record)) chosen.push_back(record);
    }
    return chosen;
  }
  void fail_all(const std::vector<Record>& records, const Error& error);
  [[nodiscard]] std::vector<Quarantine::Inside> inside_worker() const;

  Status take(Generation& record, wire::SequenceAccepted event) {
    return record.accept(std::move(event.prompt));
  }
  Status take(Generation& record, wire::SequenceText event);
  Status take(Generation& record, wire::SequenceFinished event);
  Status take(Generation& record, wire::SequenceFailed event);

  asio::any_io_executor executor_;
  std::string model_name_;
  Admission admission_;
  WorkerSupervisor supervisor_;
  Quarantine quarantine_;
  std::function<void(const GatewayStatus&)> on_change_;
  std::map<std::uint64_t, Record> open_;                   // by id, so in order of arrival
  std::map<std::uint64_t, asio::steady_timer> deadlines_;  // of those open that have one
  std::uint64_t last_id_ = 0;
  bool running_ = false;
  bool draining_ = false;
  Wakeup one_ended_;
  observe::ServerMetrics metrics_;
};

// --- requests in

Result<TokenStream> Gateway::Impl::submit(GenerationRequest request) {
  if (const auto admitted = admit(request); !admitted) return std::unexpected(admitted.error());
  const milliseconds timeout = request.timeout;
  const auto shown_tokens = std::move(request.shown_tokens);
  const auto changed = std::make_shared<Wakeup>(executor_);
  std::vector<Record> choices;
  for (wire::GenerationSpec& spec : choice_specs(std::move(request), last_id_ + 1)) {
    last_id_ = spec.id;
    choices.push_back(std::make_shared<Generation>(
        changed, std::move(spec), [this](const Generation& generation) { abandoned(generation); },
        shown_tokens));
    open_.emplace(last_id_, choices.back());
    admission_.opened(choices.back()->spec().tenant);
    if (timeout.count() > 0) set_deadline(*choices.back(), timeout);
  }
  send_admitted();
  return TokenStream{std::make_shared<Choices>(std::move(choices), changed)};
}

Status Gateway::Impl::admit(const GenerationRequest& request) const {
  if (draining_)
    return fail(ErrorCode::kShuttingDown, "the server is shutting down and takes no new requests");
  if (!request.model.empty() && request.model != model_name_) {
    return fail(
        ErrorCode::kModelNotFound,
        fmt::format("the model '{}' is not served here; this server has '{}'", request.model, model_name_),
        "model");
  }
  if (const auto able = admit_by_state(); !able) return able;
  return admission_.admit(request.tenant, request.n_choices, std::max(1U, supervisor_.card()->n_parallel));
}

Status Gateway::Impl::admit_by_state() const {
  if (supervisor_.is_serving()) return {};
  if (supervisor_.state() == WorkerState::kFailed) return std::unexpected(*supervisor_.last_error());
  GatewayStatus now;
  supervisor_.describe(now);
  return std::unexpected(
      Error{.code = ErrorCode::kNotReady,
            .message = fmt::format("the model '{}' is being loaded ({:.0f} %); try again shortly",
                                   model_name_, now.load_fraction * 100.0F),
            .field = {},
            .retry_after_s = kNotReadyRetryS});
}

// Those that have begun come first: they had a place before the others came.
void Gateway::Impl::send_admitted() {
  if (supervisor_.state() != WorkerState::kReady) return;
  auto waiting = open_where([](const Generation& g) { return g.state() == GenerationState::kQueued; });
  if (waiting.empty()) return;
  std::ranges::stable_partition(waiting, [](const Record& record) { return !record->tokens().empty(); });
  std::vector<Quarantine::Id> ids;
  for (const Record& record : waiting) ids.push_back(record->id());
  for (const Quarantine::Id id : quarantine_.admitted(ids, inside_worker())) {
    // Ending one that cannot be sent may end another of its request.
    if (const auto found = open_.find(id); found != open_.end()) send(Record{found->second});
  }
}

std::vector<Quarantine::Inside> Gateway::Impl::inside_worker() const {
  std::vector<Quarantine::Inside> inside;
  for (const auto& [id, record] : open_) {
    if (record->is_in_worker()) inside.push_back({.id = id, .progressed = record->has_progressed()});
  }
  return inside;
}

void Gateway::Impl::send(const Record& record) {
  wire::Submit submit{.spec = record->spec(), .resumption = record->resumption()};
  if (submit.resumption) submit.spec.prompt = {};
  const auto sent = supervisor_.send(submit);
  if (sent) return record->mark_sent();
  // The worker has ended and its death is about to be told: the request stays open for the next one.
  if (sent.error().code == ErrorCode::kWorkerCrashed) return;
  close(*record);
  record->fail(sent.error());
  measure(*record);
}

void Gateway::Impl::set_deadline(const Generation& generation, milliseconds timeout) {
  auto& timer = deadlines_.try_emplace(generation.id(), executor_, timeout).first->second;
  timer.async_wait([weak = weak_from_this(), id = generation.id(), timeout](const auto& withdrawn) {
    const auto self = weak.lock();
    if (withdrawn || !self) return;
    const auto found = self->open_.find(id);
    if (found == self->open_.end()) return;
    const Record record = found->second;
    record->fail(out_of_time(*record, timeout));
    self->abandoned(*record);
  });
}

// It ended on this side.
void Gateway::Impl::abandoned(const Generation& generation) {
  // A worker that has gone needs no word; the next one never hears of this request.
  measure(generation);
  const bool known_to_worker = generation.times().sent != Clock::time_point{};
  if (known_to_worker && supervisor_.state() == WorkerState::kReady) {
    (void)supervisor_.send(wire::Cancel{.id = generation.id()});
  }
  close(generation);
}

// The caller holds the record.
void Gateway::Impl::close(const Generation& generation) {
  admission_.closed(generation.spec().tenant);
  quarantine_.clear(generation.id());
  deadlines_.erase(generation.id());
  open_.erase(generation.id());
  one_ended_.notify();
}

void Gateway::Impl::fail_all(const std::vector<Record>& records, const Error& error) {
  for (const Record& record : records) {
    close(*record);
    record->fail(error);
    measure(*record);
  }
}

// --- the worker's word

void Gateway::Impl::on_change() {
  if (on_change_) on_change_(status());
}

void Gateway::Impl::on_ready() { send_admitted(); }

std::uint32_t Gateway::Impl::n_context_needed() const {
  std::uint32_t most = 0;
  for (const auto& [id, record] : open_) {
    const auto n_there = static_cast<std::uint32_t>(record->prompt().size());
    const auto n_generated = static_cast<std::uint32_t>(record->tokens().size());
    most = std::max(most, n_there + std::max(record->spec().max_tokens, n_generated + 1));
  }
  return most;
}

Owed Gateway::Impl::owed() const {
  Owed owed;
  for (const auto& [id, record] : open_) {
    if (!record->is_in_worker()) continue;
    ++owed.n_requests;
    if (!record->was_accepted()) owed.prompt_bytes += record->spec().prompt.text.size();
  }
  return owed;
}

Status Gateway::Impl::on_events(std::vector<wire::SequenceEvent> events) {
  for (wire::SequenceEvent& event : events) {
    const std::uint64_t id = std::visit([](const auto& e) { return e.id; }, event);
    const auto found = open_.find(id);
    // The request was cancelled while this event was on its way.
    if (found == open_.end()) continue;
    const Record record = found->second;
    auto taken = std::visit([&](auto&& e) { return take(*record, std::move(e)); }, std::move(event));
    if (!taken) return taken;
  }
  if (quarantine_.has_suspects()) {
    for (const auto& [id, progressed] : inside_worker()) {
      if (progressed) quarantine_.clear(id);
    }
    send_admitted();
  }
  return {};
}

Status Gateway::Impl::take(Generation& record, wire::SequenceText event) {
  const bool is_first = record.tokens().empty();
  const auto before = record.times().last_token;
  if (event.stats) record.note_stats(*event.stats);
  if (!event.tokens.empty()) record.note_sampler(std::move(event.sampler));
  auto taken = record.append(event.tokens, event.text, std::move(event.probabilities));
  if (taken && !event.tokens.empty()) {
    const observe::RequestSample::Seconds gap = record.times().last_token - before;
    metrics_.tokens_came(static_cast<std::uint32_t>(event.tokens.size()),
                         is_first ? observe::RequestSample::Seconds{-1} : gap);
  }
  return taken;
}

Status Gateway::Impl::take(Generation& record, wire::SequenceFinished event) {
  auto taken =
      record.finish({.reason = event.reason, .stop_text = std::move(event.stop_text), .stats = event.stats});
  if (!taken) return taken;
  admission_.note_service(std::chrono::microseconds{event.stats.prefill_us + event.stats.decode_us});
  close(record);
  measure(record);
  return {};
}

Status Gateway::Impl::take(Generation& record, wire::SequenceFailed event) {
  record.fail(std::move(event.error));
  close(record);
  measure(record);
  return {};
}

// The records of the requests that the dead worker had hold all that the next one needs to go on with them.
DeathCause Gateway::Impl::on_death(const WorkerDeath& death) {
  const auto guilty =
      death.by_placement ? std::vector<Quarantine::Id>{} : quarantine_.after_death(inside_worker());
  const auto lost = open_where([](const Generation& g) { return g.is_in_worker(); });
  for (const Record& record : lost) record->mark_lost();
  metrics_.worker_died(death.code == ErrorCode::kWorkerHung, lost.size() - guilty.size());
  if (death.by_placement) metrics_.fell_back(reason_of_fallback(death));
  for (const Quarantine::Id id : guilty) {
    supervisor_.events().add(ServiceEventKind::kRequestBlamed,
                             fmt::format("request {} ended two workers alone ({})", id, death.how));
  }
  fail_all(open_where([&](const Generation& g) { return std::ranges::contains(guilty, g.id()); }),
           kills_workers(death));
  return guilty.empty() && quarantine_.has_suspects() ? DeathCause::kSomeRequest : DeathCause::kUnknown;
}

void Gateway::Impl::on_failed(const Error& error) {
  fail_all(open_where([](const Generation& /*any*/) { return true; }), error);
}

// --- how things are, and the end

void Gateway::Impl::measure(const Generation& ended) {
  using Seconds = observe::RequestSample::Seconds;
  const GenerationTimes& times = ended.times();
  const auto since_arrival = [&](Clock::time_point time) {
    return time == Clock::time_point{} ? Seconds{-1} : Seconds{time - times.created};
  };
  observe::RequestSample sample{.outcome = outcome_of(*ended.ending()),
                                .first_token = since_arrival(times.first_token),
                                .total = since_arrival(times.ended),
                                .n_prompt = static_cast<std::uint32_t>(ended.prompt().size())};
  if (const auto& stats = ended.stats()) {
    // The engine's own queue time, and what passed before it heard of the request.
    sample.queue = since_arrival(times.sent) + Seconds{std::chrono::microseconds{stats->queue_us}};
    sample.n_cached = stats->n_cached;
    sample.n_drafted = stats->n_drafted;
    sample.n_accepted = stats->n_accepted;
  }
  metrics_.request_ended(sample);
}

std::string Gateway::Impl::metrics_text() {
  const GatewayStatus now = status();
  // What the last worker held is gone with it.
  const bool has_engine = now.worker == WorkerState::kReady;
  const wire::EngineStatus engine = has_engine ? now.engine : wire::EngineStatus{};
  return metrics_.text({.engine = engine,
                        .memory = has_engine ? now.card->memory : std::vector<wire::DeviceMemory>{},
                        .n_waiting = now.n_active - std::min(now.n_active, engine.n_running),
                        .worker_pid = now.worker_pid,
                        .n_worker_restarts = now.n_restarts,
                        .rung = has_engine ? now.card->rung : 0,
                        .standby_pid = now.standby ? now.standby->pid : 0,
                        .standby_ready = now.standby && now.standby->state == WorkerState::kReady,
                        .since_last_report = now.since_last_report,
                        .ready = has_engine && !now.draining});
}

GatewayStatus Gateway::Impl::status() const {
  GatewayStatus status;
  supervisor_.describe(status);
  status.model_name = model_name_;
  status.n_active = static_cast<std::uint32_t>(open_.size());
  status.draining = draining_;
  return status;
}

asio::awaitable<bool> Gateway::Impl::drained(std::shared_ptr<Impl> self, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!self->open_.empty()) {
    if (Clock::now() >= deadline) co_return false;
    co_await self->one_ended_.wait_until(deadline);
  }
  co_return true;
}

asio::awaitable<void> Gateway::Impl::stop(std::shared_ptr<Impl> self) {
  self->draining_ = true;
  self->fail_all(self->open_where([](const Generation& /*any*/) { return true; }),
                 {.code = ErrorCode::kShuttingDown,
                  .message = "the server shut down before this request was finished; send it again",
                  .field = {}});
  self->supervisor_.begin_stop();
  co_await self->supervisor_.stopped();
  self->running_ = false;
}

Gateway::Gateway(asio::any_io_executor executor, GatewayOptions options,
                 std::shared_ptr<WorkerLauncher> launcher)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(launcher))) {}

Gateway::~Gateway() { assert(!impl_->running() && "the gateway was destroyed before stop()"); }

void Gateway::start(std::function<void(const GatewayStatus&)> on_change) {
  impl_->start(std::move(on_change));
}

Result<TokenStream> Gateway::submit(GenerationRequest request) { return impl_->submit(std::move(request)); }

GatewayStatus Gateway::status() const { return impl_->status(); }

std::string Gateway::metrics_text() const { return impl_->metrics_text(); }

void Gateway::begin_drain() { impl_->begin_drain(); }

asio::awaitable<bool> Gateway::drained(milliseconds deadline) { return Impl::drained(impl_, deadline); }

asio::awaitable<void> Gateway::stop() { return Impl::stop(impl_); }

}  // namespace minerva::gateway
