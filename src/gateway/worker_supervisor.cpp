#include "gateway/worker_supervisor.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/log.h"

namespace minerva::gateway {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kHandshakePatience{15'000};  // a cold start from a slow disk, with its libraries
constexpr milliseconds kStopPatience{2'000};
constexpr milliseconds kWatchPause{100};

std::string version_mismatch(const wire::HelloReply& reply) {
  return fmt::format(
      "minerva {} speaks protocol {} with its worker, but the minerva-worker found is version {} and speaks "
      "protocol {}; install both from the same build",
      MINERVA_VERSION, wire::kProtocolVersion, reply.program_version, reply.protocol);
}

}  // namespace

WorkerSupervisor::WorkerSupervisor(asio::any_io_executor executor, wire::LoadOptions load, RestartTimes times,
                                   std::shared_ptr<WorkerLauncher> launcher, PlacementMemory memory,
                                   WorkerObserver& observer)
    : executor_(std::move(executor)),
      load_(std::move(load)),
      times_(times),
      policy_(times),
      launcher_(std::move(launcher)),
      observer_(observer),
      memory_(std::move(memory)),
      kill_timer_(executor_),
      retry_(executor_),
      idle_(executor_) {}

void WorkerSupervisor::start(std::weak_ptr<void> owner) {
  owner_ = std::move(owner);
  remember();
  spawn(run());
}

void WorkerSupervisor::spawn(asio::awaitable<void> work) {
  asio::co_spawn(executor_, std::move(work),
                 [owner = owner_.lock(), pass = gate_.enter()](const std::exception_ptr& failure) mutable {
                   pass.leave();
                   if (failure) std::rethrow_exception(failure);
                 });
}

Status WorkerSupervisor::send(const wire::Message& message) {
  if (!connection_) return fail(ErrorCode::kWorkerCrashed, "there is no inference worker at this moment");
  return connection_->send(message);
}

void WorkerSupervisor::describe(GatewayStatus& status) const {
  status.worker = state_;
  status.load_fraction = load_fraction_;
  status.card = card_;
  status.engine_version = engine_version_;
  status.engine = engine_;
  status.since_last_report = std::chrono::duration_cast<milliseconds>(Clock::now() - last_word_);
  status.patience = patience();
  status.events.assign(events_.newest().begin(), events_.newest().end());
  status.worker_pid = handle_ ? handle_->pid() : 0;
  status.n_restarts = n_launches_ > 0 ? n_launches_ - 1 : 0;
  status.last_error = last_error_;
}

// --- a life

asio::awaitable<void> WorkerSupervisor::run() {
  while (!stopping_) {
    const LifeEnd end = co_await live_once();
    if (stopping_) break;
    const RestartPolicy::Decision decision = settle(end);
    const auto due = Clock::now() + decision.pause;
    while (!stopping_ && Clock::now() < due) co_await retry_.wait_until(due);
    if (!stopping_) enter(WorkerEvent::kRetry);
  }
}

asio::awaitable<WorkerSupervisor::LifeEnd> WorkerSupervisor::live_once() {
  auto launched = launcher_->launch();
  if (!launched) co_return LifeEnd{.refusal = launched.error(), .death = {}};
  handle_ = std::move(*launched);
  ++n_launches_;
  load_fraction_ = 0.0F;
  engine_ = {};
  last_word_ = Clock::now();
  silent_ = without_step_ = at_rest_ = milliseconds{0};
  kill_reason_.reset();
  dying_.reset();
  climbing_ = false;
  connection_ = std::make_shared<WorkerConnection>(executor_, handle_->take_socket());
  spawn(WorkerConnection::write_loop(connection_));
  spawn(watch(n_launches_));
  log::debug("gateway", "worker {} started", handle_->pid());

  LifeEnd end{.refusal = co_await converse(), .death = {}};
  kill_timer_.cancel();
  connection_->close();
  connection_.reset();
  if (end.refusal) handle_->kill();
  const bool unexpected = !end.refusal && !stopping_ && !climbing_;
  if (!end.refusal && !stopping_) enter(WorkerEvent::kDied);
  end.death = co_await bury(unexpected);
  co_return end;
}

// The refusal of a worker that says why it cannot serve; nothing when its life is over, however that came.
asio::awaitable<std::optional<Error>> WorkerSupervisor::converse() {
  arm_kill(kHandshakePatience, {.code = ErrorCode::kWorkerHung, .how = "it did not answer the greeting"});
  auto greeted = send(wire::Hello{.protocol = wire::kProtocolVersion, .program_version = MINERVA_VERSION});
  assert(greeted && "a greeting fits an empty queue");
  while (true) {
    auto message = co_await WorkerConnection::receive(connection_);
    if (message && !*message) co_return std::nullopt;
    // What a worker says that is being ended changes nothing any more; its silence is waited for.
    const bool is_ending = stopping_ || kill_reason_;
    if (message && is_ending) continue;
    Verdict verdict = message ? take(std::move(**message)) : broken(message.error().message);
    if (verdict.kind == Verdict::Kind::kGoOn) continue;
    if (verdict.kind == Verdict::Kind::kRefused) co_return std::move(verdict.error);
    if (!is_ending) {
      kill_worker(
          {.code = ErrorCode::kWorkerCrashed, .how = "it broke the protocol: " + verdict.error.message});
    }
    co_return std::nullopt;
  }
}

// --- the watch

asio::awaitable<void> WorkerSupervisor::watch(std::uint32_t life) {
  asio::steady_timer timer{executor_};
  while (connection_ && life == n_launches_ && !stopping_ && !kill_reason_) {
    const auto begin = Clock::now();
    timer.expires_after(kWatchPause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!connection_ || life != n_launches_ || stopping_ || kill_reason_) break;
    // A gateway that did not run itself has heard nothing either: what was said meanwhile is read before the next look.
    const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    silent_ += std::min(passed, 2 * kWatchPause);
    without_step_ += std::min(passed, 2 * kWatchPause);
    at_rest_ = state_ == WorkerState::kReady && observer_.n_context_needed() == 0 ? at_rest_ + passed
                                                                                  : milliseconds{0};
    if (may_climb()) {
      climbing_ = true;
      fallback_.climb();
      events_.add(ServiceEventKind::kLargerPlacement,
                  "nothing runs: the model is loaded again, larger if that fits");
      auto told = connection_->send(wire::Shutdown{});
      assert(told && "a shutdown always finds place");
      arm_kill(kStopPatience, {.code = ErrorCode::kWorkerHung, .how = "it did not end when it was asked to"});
      break;
    }
    if (const auto how = hang()) {
      patience_.note_hang();
      kill_worker({.code = ErrorCode::kWorkerHung, .how = *how});
    }
  }
}

std::optional<std::string> WorkerSupervisor::hang() const {
  if (silent_ >= Patience::kWhileStopped && handle_->is_stopped()) return "it was stopped and did not go on";
  const milliseconds allowed = patience();
  if (allowed.count() == 0) return std::nullopt;
  if (silent_ >= allowed) return fmt::format("it said nothing for {} ms while it owed work", silent_.count());
  if (without_step_ >= std::max(allowed, Patience::kWithoutStep))
    return fmt::format("it completed no step for {} ms while it owed work", without_step_.count());
  return std::nullopt;
}

// 0: nothing is waited for.
milliseconds WorkerSupervisor::patience() const {
  if (state_ == WorkerState::kLoading) return Patience::kWhileLoading;
  if (state_ != WorkerState::kReady) return milliseconds{0};
  const Owed owed = observer_.owed();
  const bool on_gpu = card_ && card_->n_gpu_layers > 0;
  return owed.n_requests == 0 ? milliseconds{0} : patience_.for_step(engine_, on_gpu, owed);
}

asio::awaitable<WorkerDeath> WorkerSupervisor::bury(bool unexpected) {
  const int pid = handle_->pid();
  const WorkerExit exit = co_await handle_->reap();
  handle_.reset();
  WorkerDeath death = kill_reason_.value_or(WorkerDeath{.code = ErrorCode::kWorkerCrashed, .how = exit.how});
  if (dying_) death.how = dying_->message;
  if (unexpected) {
    if (!died_) died_ = Clock::now();
    events_.add(
        death.code == ErrorCode::kWorkerHung ? ServiceEventKind::kWorkerHung : ServiceEventKind::kWorkerDied,
        fmt::format("worker {} ended: {}", pid, death.how));
    log::error("gateway", "worker {} ended: {}{}{}", pid, death.how,
               exit.last_words.empty() ? "" : "; its last words:\n", exit.last_words);
  } else {
    log::debug("gateway", "worker {} ended: {}", pid, exit.how);
  }
  co_return death;
}

Error WorkerSupervisor::error_of(const WorkerDeath& death, bool give_up) const {
  std::string message = fmt::format("the inference worker ended ({})", death.how);
  if (give_up) {
    const auto pause = std::chrono::duration_cast<std::chrono::seconds>(times_.failed_pause);
    message = fmt::format(
        "the inference worker ended {} times in a row without completing a step (the last time: {}); it is "
        "started "
        "again every {} s",
        policy_.n_barren(), death.how, pause.count());
  }
  return {.code = death.code, .message = std::move(message), .field = {}};
}

// After the end of a life: tells the owner, and says when the next begins.
RestartPolicy::Decision WorkerSupervisor::settle(LifeEnd end) {
  if (climbing_) {
    log::info("gateway", "the model is loaded again: a larger placement may fit now");
    return {};
  }
  end.death.by_placement = !end.refusal && step_down(end.death);
  const DeathCause cause = end.refusal ? DeathCause::kUnknown : observer_.on_death(end.death);
  // A fall whose reason is only guessed at may not help.
  const bool is_explained = (end.death.by_placement && dying_) || cause == DeathCause::kSomeRequest;
  const RestartPolicy::Decision decision =
      end.refusal ? policy_.after_refusal() : policy_.after_death(engine_.steps_completed > 0, is_explained);
  last_error_ = end.refusal ? *end.refusal : error_of(end.death, decision.give_up);
  if (decision.give_up) {
    // A first start that fails is for the observer to report: nobody was served yet.
    log::write(is_serving_ ? log::Level::kError : log::Level::kDebug, "gateway",
               minerva::to_string(*last_error_));
    is_serving_ = false;
    events_.add(ServiceEventKind::kWorkerGaveUp, last_error_->message);
    observer_.on_failed(*last_error_);
    enter(WorkerEvent::kGaveUp);
  } else {
    log::info("gateway", "the next worker starts {}",
              decision.pause.count() == 0 ? "now" : fmt::format("in {} ms", decision.pause.count()));
  }
  return decision;
}

// --- messages

WorkerSupervisor::Verdict WorkerSupervisor::refused(Error error) {
  return {.kind = Verdict::Kind::kRefused, .error = std::move(error)};
}

WorkerSupervisor::Verdict WorkerSupervisor::broken(std::string what) {
  return {.kind = Verdict::Kind::kBroken, .error = {.message = std::move(what), .field = {}}};
}

WorkerSupervisor::Verdict WorkerSupervisor::take(wire::Message message) {
  last_word_ = Clock::now();
  silent_ = milliseconds{0};
  return std::visit(
      [this]<typename T>(T&& value) {
        if constexpr (requires { on(std::forward<T>(value)); }) {
          return on(std::forward<T>(value));
        } else {
          return broken("it sent a message that only the gateway sends");
        }
      },
      std::move(message));
}

WorkerSupervisor::Verdict WorkerSupervisor::on(const wire::HelloReply& reply) {
  if (state_ != WorkerState::kStarting) return broken("a second greeting");
  kill_timer_.cancel();
  if (reply.protocol != wire::kProtocolVersion) {
    return refused(
        {.code = ErrorCode::kInvalidConfiguration, .message = version_mismatch(reply), .field = {}});
  }
  engine_version_ = reply.engine_version;
  enter(WorkerEvent::kGreeted);
  load_.rung = fallback_.rung();
  load_.n_ctx_least = observer_.n_context_needed();
  load_.margins = memory_.margins();
  auto asked = send(wire::LoadRequest{.options = load_});
  assert(asked && "a load request fits an empty queue");
  return {};
}

WorkerSupervisor::Verdict WorkerSupervisor::on(const wire::LoadProgress& progress) {
  if (state_ != WorkerState::kLoading) return broken("progress of no load");
  load_fraction_ = progress.fraction;
  observer_.on_change();
  return {};
}

WorkerSupervisor::Verdict WorkerSupervisor::on(wire::ModelLoaded loaded) {
  if (state_ != WorkerState::kLoading) return broken("a model that nobody asked for");
  card_ = std::move(loaded.card);
  learn();
  load_fraction_ = 1.0F;
  is_serving_ = true;
  if (died_) {
    const auto pause = std::chrono::duration_cast<milliseconds>(Clock::now() - *died_);
    events_.add(ServiceEventKind::kRecovered,
                fmt::format("worker {} is ready {} ms after the death", handle_->pid(), pause.count()));
    died_.reset();
  }
  enter(WorkerEvent::kLoaded);
  observer_.on_ready();
  return {};
}

WorkerSupervisor::Verdict WorkerSupervisor::on(wire::LoadFailed failed) {
  if (state_ != WorkerState::kLoading) return broken("the end of no load");
  memory_.forget_fall(load_);
  return refused(std::move(failed.error));
}

WorkerSupervisor::Verdict WorkerSupervisor::on(wire::StepReport report) {
  observer_.on_report(engine_, report.status);
  const bool is_idle = report.status.n_running + report.status.n_waiting == 0;
  if (is_idle || !report.events.empty() || report.status.steps_completed != engine_.steps_completed)
    without_step_ = milliseconds{0};
  engine_ = report.status;
  patience_.note_steps(engine_.steps_completed);
  if (report.events.empty()) return {};
  const auto taken = observer_.on_events(std::move(report.events));
  return taken ? Verdict{} : broken(taken.error().message);
}

WorkerSupervisor::Verdict WorkerSupervisor::on(wire::Dying dying) {
  dying_ = std::move(dying.error);
  return {};
}

// --- smaller placements, and larger ones again

// `card_` is of the placement that died, unless it died while it was loaded.
bool WorkerSupervisor::step_down(const WorkerDeath& death) {
  const bool was_loaded = load_fraction_ >= 1.0F && card_;
  const Fallback::Death what{.code = dying_ ? dying_->code : death.code,
                             .rung = was_loaded ? card_->rung : fallback_.rung(),
                             .on_gpu = !card_ || card_->n_gpu_layers > 0,
                             .n_steps = engine_.steps_completed};
  if (!fallback_.after_death(what)) return false;
  events_.add(ServiceEventKind::kSmallerPlacement,
              fmt::format("the next worker begins on rung {} of smaller placements: {}", fallback_.rung(),
                          death.how));
  log::warn("gateway", "{}", events_.newest().back().what);
  return true;
}

// What an earlier server had to learn about this model.
void WorkerSupervisor::remember() {
  const auto fall = memory_.fall(load_);
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
  memory_.note_load(load_, *card_, std::chrono::duration_cast<std::chrono::seconds>(now).count());
  fallback_.begin_at(card_->rung);
}

bool WorkerSupervisor::may_climb() const {
  return state_ == WorkerState::kReady && card_ && card_->rung > 0 && at_rest_ >= fallback_.climb_after();
}

// --- state, and the end

void WorkerSupervisor::enter(WorkerEvent event) {
  const auto next = next_state(state_, event);
  assert(next && "the worker's state machine has no such transition");
  state_ = *next;
  observer_.on_change();
}

void WorkerSupervisor::kill_worker(WorkerDeath reason) {
  if (!handle_) return;
  kill_reason_ = std::move(reason);
  handle_->kill();
  // The stream ends even if the process cannot, caught in a driver.
  if (connection_) connection_->close();
}

void WorkerSupervisor::arm_kill(milliseconds delay, WorkerDeath reason) {
  kill_timer_.expires_after(delay);
  kill_timer_.async_wait([this, owner = owner_.lock(), pass = gate_.enter(), life = n_launches_,
                          reason = std::move(reason)](const boost::system::error_code& cancelled) {
    if (!cancelled && life == n_launches_) kill_worker(reason);
  });
}

void WorkerSupervisor::begin_stop() {
  stopping_ = true;
  retry_.notify();
  if (!connection_) return;
  auto asked = connection_->send(wire::Shutdown{});
  assert(asked && "a shutdown always finds place");
  arm_kill(kStopPatience, {.code = ErrorCode::kShuttingDown, .how = "it did not end when it was asked to"});
}

asio::awaitable<void> WorkerSupervisor::stopped() {
  gate_.close([this] { idle_.notify(); });
  while (gate_.n_inside() > 0) co_await idle_.wait();
}

}  // namespace minerva::gateway
