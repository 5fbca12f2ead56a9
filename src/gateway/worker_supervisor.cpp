#include "gateway/worker_supervisor.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

#include "base/log.h"

namespace minerva::gateway {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// Where a standby is at hand, so much is waited to hear how a worker ended: its memory may take seconds to be freed.
constexpr milliseconds kShortFuneral{50};

}  // namespace

WorkerSupervisor::WorkerSupervisor(asio::any_io_executor executor, SupervisorOptions options,
                                   std::shared_ptr<WorkerLauncher> launcher, WorkerObserver& observer)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      policy_(options_.times),
      launcher_(std::move(launcher)),
      observer_(observer),
      memory_(options_.placement_file),
      standby_(
          executor_, options_.times, [this](WorkerOwner& owner) { return launch(owner); },
          [this] { return observer_.is_calm(); }, events_),
      retry_(executor_),
      ended_(executor_),
      idle_(executor_) {}

void WorkerSupervisor::start(std::weak_ptr<void> owner) {
  owner_ = std::move(owner);
  remember();
  spawn(run());
  if (options_.standby) spawn(standby_.keep());
}

void WorkerSupervisor::spawn(asio::awaitable<void> work) {
  asio::co_spawn(executor_, std::move(work),
                 [owner = owner_.lock(), pass = gate_.enter()](const std::exception_ptr& failure) mutable {
                   pass.leave();
                   if (failure) std::rethrow_exception(failure);
                 });
}

Status WorkerSupervisor::send(const wire::Message& message) {
  if (!current_) return fail(ErrorCode::kWorkerCrashed, "there is no inference worker at this moment");
  return current_->send(message);
}

void WorkerSupervisor::describe(GatewayStatus& status) const {
  status.worker = state_;
  status.card = card_;
  status.engine_version = engine_version_;
  status.patience = patience();
  status.events.assign(events_.newest().begin(), events_.newest().end());
  status.n_restarts = n_lives_ > 0 ? n_lives_ - 1 : 0;
  status.last_error = last_error_;
  status.wants_standby = options_.standby;
  if (const Worker* standby = standby_.worker(); standby != nullptr && !standby->is_over()) {
    status.standby = {
        .pid = standby->pid(), .state = standby->state(), .load_fraction = standby->load_fraction()};
  }
  if (!current_) return;
  status.load_fraction = current_->load_fraction();
  status.engine = current_->engine();
  status.since_last_report = std::chrono::duration_cast<milliseconds>(Clock::now() - current_->last_word());
  status.worker_pid = current_->is_buried() ? 0 : current_->pid();
}

// --- one worker after the other

asio::awaitable<void> WorkerSupervisor::run() {
  while (!stopping_) {
    const Status placed = co_await put_next();
    if (stopping_) break;
    if (placed) co_await see_it_end();
    if (stopping_) break;
    RestartPolicy::Decision decision;
    if (!placed) {
      decision = settle_refusal(placed.error());
    } else if (current_->refusal()) {
      memory_.forget_fall(options_.load);
      decision = settle_refusal(*current_->refusal());
    } else if (!climbing_) {
      decision = settle_death();
    }
    const auto due = Clock::now() + decision.pause;
    while (!stopping_ && Clock::now() < due) co_await retry_.wait_until(due);
    if (!stopping_) enter(WorkerEvent::kRetry);
  }
  // What is left of the last one.
  while (current_ && !current_->is_buried()) co_await ended_.wait();
}

// The standby, or a new one. That needs the memory of those before it.
asio::awaitable<Status> WorkerSupervisor::put_next() {
  climbing_ = false;
  at_rest_ = milliseconds{0};
  if (auto standby = standby_.hand_over(*this)) {
    current_ = std::move(standby);
    take_over();
    co_return Status{};
  }
  co_await standby_.gone();
  while (current_ && !current_->is_buried()) co_await ended_.wait();
  if (stopping_) co_return Status{};
  auto launched = launch(*this);
  if (!launched) co_return std::unexpected(launched.error());
  ++n_lives_;
  current_ = *std::move(launched);
  co_return Status{};
}

// As far as it has come.
void WorkerSupervisor::take_over() {
  ++n_lives_;
  events_.add(ServiceEventKind::kStandbyTookOver,
              fmt::format("the standby, worker {}, takes over", current_->pid()));
  log::info("gateway", "{}", events_.newest().back().what);
  observer_.on_take_over();
  if (current_->state() == WorkerState::kStarting) return;
  engine_version_ = current_->engine_version();
  enter(WorkerEvent::kGreeted);
  if (current_->state() != WorkerState::kReady) return;
  auto wanted = on_loaded();
  assert(wanted && "a worker that is loaded serves");
}

Result<std::shared_ptr<Worker>> WorkerSupervisor::launch(WorkerOwner& owner) {
  auto launched = launcher_->launch();
  if (!launched) return std::unexpected(launched.error());
  return Worker::start(
      executor_, std::move(*launched), [this](asio::awaitable<void> work) { spawn(std::move(work)); }, owner);
}

asio::awaitable<void> WorkerSupervisor::see_it_end() {
  while (!current_->is_over()) co_await ended_.wait();
  if (stopping_) co_return;
  if (!climbing_ && !current_->refusal()) {
    if (!died_) died_ = Clock::now();
    enter(WorkerEvent::kDied);
  }
  const auto latest = standby_.worker() != nullptr ? Clock::now() + kShortFuneral : Clock::time_point::max();
  while (!current_->is_buried() && Clock::now() < latest) co_await ended_.wait_until(latest);
}

// --- after its end

RestartPolicy::Decision WorkerSupervisor::settle_death() {
  WorkerDeath death = current_->death();
  const bool hung = death.code == ErrorCode::kWorkerHung;
  if (hung) patience_.note_hang();
  events_.add(hung ? ServiceEventKind::kWorkerHung : ServiceEventKind::kWorkerDied,
              fmt::format("worker {} ended: {}", current_->pid(), death.how));
  death.by_placement = step_down(death);
  // The standby is on the device that is lost, or takes as much as there was no room for.
  if (death.by_placement || death.word == ErrorCode::kGpuNotAvailable) standby_.drop();
  const DeathCause cause = observer_.on_death(death);
  // A fall whose reason is only guessed at may not help.
  const bool is_explained = (death.by_placement && death.word) || cause == DeathCause::kSomeRequest;
  const auto decision = policy_.after_death(current_->engine().steps_completed > 0, is_explained);
  last_error_ = error_of(death, decision.give_up);
  if (decision.give_up) {
    give_up();
  } else {
    log::info("gateway", "the next worker starts {}",
              decision.pause.count() == 0 ? "now" : fmt::format("in {} ms", decision.pause.count()));
  }
  return decision;
}

RestartPolicy::Decision WorkerSupervisor::settle_refusal(const Error& why) {
  last_error_ = why;
  give_up();
  return policy_.after_refusal();
}

void WorkerSupervisor::give_up() {
  // A first start that fails is for the observer to report: nobody was served yet.
  log::write(is_serving_ ? log::Level::kError : log::Level::kDebug, "gateway",
             minerva::to_string(*last_error_));
  is_serving_ = false;
  events_.add(ServiceEventKind::kWorkerGaveUp, last_error_->message);
  observer_.on_failed(*last_error_);
  enter(WorkerEvent::kGaveUp);
}

Error WorkerSupervisor::error_of(const WorkerDeath& death, bool give_up) const {
  std::string message = fmt::format("the inference worker ended ({})", death.how);
  if (give_up) {
    const auto pause = std::chrono::duration_cast<std::chrono::seconds>(options_.times.failed_pause);
    message = fmt::format(
        "the inference worker ended {} times in a row without completing a step (the last time: {}); it is "
        "started "
        "again every {} s",
        policy_.n_barren(), death.how, pause.count());
  }
  return {.code = death.code, .message = std::move(message), .field = {}};
}

// --- its word

wire::LoadRequest WorkerSupervisor::on_greeted() {
  engine_version_ = current_->engine_version();
  enter(WorkerEvent::kGreeted);
  wire::LoadRequest request{.options = options_.load};
  request.options.rung = fallback_.rung();
  request.options.n_ctx_least = observer_.n_context_needed();
  request.options.margins = memory_.margins();
  return request;
}

Status WorkerSupervisor::on_loaded() {
  card_ = current_->card();
  learn();
  is_serving_ = true;
  if (died_) {
    const auto pause = std::chrono::duration_cast<milliseconds>(Clock::now() - *died_);
    events_.add(ServiceEventKind::kRecovered,
                fmt::format("worker {} is ready {} ms after the death", current_->pid(), pause.count()));
    died_.reset();
  }
  enter(WorkerEvent::kLoaded);
  if (options_.standby) standby_.match(current_->asked(), *card_);
  observer_.on_ready();
  return {};
}

Status WorkerSupervisor::on_report(const wire::EngineStatus& before, wire::StepReport report) {
  observer_.on_report(before, report.status);
  patience_.note_steps(report.status.steps_completed);
  return report.events.empty() ? Status{} : observer_.on_events(std::move(report.events));
}

AllowedSilence WorkerSupervisor::allowed_silence() const {
  const bool has_standby = standby_.worker() != nullptr;
  return {.running = patience(),
          .stopped = has_standby ? Patience::kWhileStoppedWithStandby : Patience::kWhileStopped};
}

// 0: nothing is waited for.
milliseconds WorkerSupervisor::patience() const {
  if (state_ == WorkerState::kLoading) return Patience::kWhileLoading;
  if (state_ != WorkerState::kReady) return milliseconds{0};
  const Owed owed = observer_.owed();
  const bool on_gpu = card_ && card_->n_gpu_layers > 0;
  return owed.n_requests == 0 ? milliseconds{0} : patience_.for_step(current_->engine(), on_gpu, owed);
}

// --- smaller placements, and larger ones again

// `card_` is of the placement that died, unless it died while it was loaded.
bool WorkerSupervisor::step_down(const WorkerDeath& death) {
  const Fallback::Death what{.code = death.word.value_or(death.code),
                             .rung = current_->card() ? current_->card()->rung : fallback_.rung(),
                             .on_gpu = !card_ || card_->n_gpu_layers > 0,
                             .n_steps = current_->engine().steps_completed};
  if (!fallback_.after_death(what)) return false;
  events_.add(ServiceEventKind::kSmallerPlacement,
              fmt::format("the next worker begins on rung {} of smaller placements: {}", fallback_.rung(),
                          death.how));
  log::warn("gateway", "{}", events_.newest().back().what);
  return true;
}

void WorkerSupervisor::on_watch(milliseconds passed) {
  const bool rests = state_ == WorkerState::kReady && observer_.n_context_needed() == 0;
  at_rest_ = rests ? at_rest_ + passed : milliseconds{0};
  if (rests && card_->rung > 0 && at_rest_ >= fallback_.climb_after()) climb();
}

// What is asked from now on waits for the next worker.
void WorkerSupervisor::climb() {
  climbing_ = true;
  fallback_.climb();
  events_.add(ServiceEventKind::kLargerPlacement,
              "nothing runs: the model is loaded again, larger if that fits");
  log::info("gateway", "the model is loaded again: a larger placement may fit now");
  standby_.drop();
  current_->ask_to_end();
  enter(WorkerEvent::kDied);
}

// What an earlier server had to learn about this model.
void WorkerSupervisor::remember() {
  const auto fall = memory_.fall(options_.load);
  if (!fall) return;
  fallback_.begin_at(fall->rung);
  events_.add(
      ServiceEventKind::kSmallerPlacement,
      fmt::format("the first worker begins on rung {} of smaller placements: this model had to be made "
                  "smaller here on {:%F %R} UTC",
                  fall->rung, std::chrono::sys_seconds{std::chrono::seconds{fall->at_s}}));
  log::warn("gateway", "{}", events_.newest().back().what);
}

// A load that had to become smaller by itself is not tried larger at the next death, but when the server is idle.
void WorkerSupervisor::learn() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  memory_.note_load(options_.load, *card_, std::chrono::duration_cast<std::chrono::seconds>(now).count());
  fallback_.begin_at(card_->rung);
}

// --- state, and the end

void WorkerSupervisor::enter(WorkerEvent event) {
  const auto next = next_state(state_, event);
  assert(next && "the worker's state machine has no such transition");
  state_ = *next;
  observer_.on_change();
}

void WorkerSupervisor::begin_stop() {
  stopping_ = true;
  retry_.notify();
  standby_.stop();
  if (current_) current_->ask_to_end();
}

asio::awaitable<void> WorkerSupervisor::stopped() {
  gate_.close([this] { idle_.notify(); });
  while (gate_.n_inside() > 0) co_await idle_.wait();
}

}  // namespace minerva::gateway
