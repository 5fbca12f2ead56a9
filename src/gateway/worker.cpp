#include "gateway/worker.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include "base/log.h"
#include "gateway/patience.h"

namespace minerva::gateway {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kHandshakePatience{15'000};  // a cold start from a slow disk, with its libraries
constexpr milliseconds kStopPatience{2'000};
constexpr milliseconds kWatchPause{50};

std::string version_mismatch(const wire::HelloReply& reply) {
  return fmt::format(
      "minerva {} speaks protocol {} with its worker, but the minerva-worker found is version {} and speaks "
      "protocol {}; install both from the same build",
      MINERVA_VERSION, wire::kProtocolVersion, reply.program_version, reply.protocol);
}

}  // namespace

std::shared_ptr<Worker> Worker::start(const asio::any_io_executor& executor,
                                      std::unique_ptr<WorkerHandle> handle, const Spawn& spawn,
                                      WorkerOwner& owner) {
  auto worker = std::make_shared<Worker>(executor, std::move(handle), owner);
  spawn(live(worker));
  spawn(watch(worker));
  spawn(WorkerConnection::write_loop(worker->connection_));
  log::debug("gateway", "worker {} started", worker->pid());
  return worker;
}

Worker::Worker(const asio::any_io_executor& executor, std::unique_ptr<WorkerHandle> handle,
               WorkerOwner& owner)
    : handle_(std::move(handle)),
      pid_(handle_->pid()),
      connection_(std::make_shared<WorkerConnection>(executor, handle_->take_socket())),
      owner_(&owner),
      kill_timer_(executor),
      watch_timer_(executor) {}

WorkerState Worker::state() const {
  if (card_) return WorkerState::kReady;
  return greeted_ ? WorkerState::kLoading : WorkerState::kStarting;
}

Status Worker::send(const wire::Message& message) {
  if (is_over_) return fail(ErrorCode::kWorkerCrashed, "there is no inference worker at this moment");
  return connection_->send(message);
}

// --- its life

asio::awaitable<void> Worker::live(std::shared_ptr<Worker> self) {
  self->refusal_ = co_await converse(self);
  self->kill_timer_.cancel();
  self->watch_timer_.cancel();
  self->connection_->close();
  if (self->refusal_) self->handle_->kill();
  self->is_over_ = true;
  self->owner_->on_end();
  self->exit_ = co_await self->handle_->reap();
  self->tell_of_end();
  self->owner_->on_end();
}

void Worker::tell_of_end() const {
  if (asked_to_end_ || refusal_) {
    log::debug("gateway", "worker {} ended: {}", pid_, exit_->how);
  } else {
    log::error("gateway", "worker {} ended: {}{}{}", pid_, death().how,
               exit_->last_words.empty() ? "" : "; its last words:\n", exit_->last_words);
  }
}

// The refusal of a worker that says why it cannot serve; nothing when its life is over, however that came.
asio::awaitable<std::optional<Error>> Worker::converse(std::shared_ptr<Worker> self) {
  self->arm_kill(kHandshakePatience,
                 {.code = ErrorCode::kWorkerHung, .how = "it did not answer the greeting"});
  auto greeted =
      self->send(wire::Hello{.protocol = wire::kProtocolVersion, .program_version = MINERVA_VERSION});
  assert(greeted && "a greeting fits an empty queue");
  while (true) {
    auto message = co_await WorkerConnection::receive(self->connection_);
    if (message && !*message) co_return std::nullopt;
    // What a worker says that is being ended changes nothing any more; its silence is waited for.
    const bool is_ending = self->is_ending();
    if (message && is_ending) continue;
    Verdict verdict = message ? self->take(std::move(**message)) : broken(message.error().message);
    if (verdict.kind == Verdict::Kind::kGoOn) continue;
    if (verdict.kind == Verdict::Kind::kRefused) co_return std::move(verdict.error);
    if (!is_ending) {
      self->kill(
          {.code = ErrorCode::kWorkerCrashed, .how = "it broke the protocol: " + verdict.error.message});
    }
    co_return std::nullopt;
  }
}

asio::awaitable<void> Worker::watch(std::shared_ptr<Worker> self) {
  while (!self->is_ending()) {
    const auto begin = Clock::now();
    self->watch_timer_.expires_after(kWatchPause);
    co_await self->watch_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (self->is_ending()) break;
    // A gateway that did not run itself has heard nothing either: what was said meanwhile is read before the next look.
    const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    self->silent_ += std::min(passed, 2 * kWatchPause);
    self->without_step_ += std::min(passed, 2 * kWatchPause);
    if (const auto how = self->hang()) {
      self->kill({.code = ErrorCode::kWorkerHung, .how = *how});
    } else {
      self->owner_->on_watch(passed);
    }
  }
}

std::optional<std::string> Worker::hang() const {
  const AllowedSilence allowed = owner_->allowed_silence();
  if (silent_ >= allowed.stopped && handle_->is_stopped()) return "it was stopped and did not go on";
  if (allowed.running.count() == 0) return std::nullopt;
  if (silent_ >= allowed.running)
    return fmt::format("it said nothing for {} ms while it owed work", silent_.count());
  if (without_step_ >= std::max(allowed.running, Patience::kWithoutStep))
    return fmt::format("it completed no step for {} ms while it owed work", without_step_.count());
  return std::nullopt;
}

WorkerDeath Worker::death() const {
  WorkerDeath death = kill_reason_.value_or(
      WorkerDeath{.code = ErrorCode::kWorkerCrashed, .how = exit_ ? exit_->how : "it closed its connection"});
  if (!dying_) return death;
  death.how = dying_->message;
  death.word = dying_->code;
  return death;
}

// --- messages

Worker::Verdict Worker::refused(Error error) {
  return {.kind = Verdict::Kind::kRefused, .error = std::move(error)};
}

Worker::Verdict Worker::broken(std::string what) {
  return {.kind = Verdict::Kind::kBroken, .error = {.message = std::move(what), .field = {}}};
}

Worker::Verdict Worker::take(wire::Message message) {
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

Worker::Verdict Worker::on(const wire::HelloReply& reply) {
  if (state() != WorkerState::kStarting) return broken("a second greeting");
  kill_timer_.cancel();
  if (reply.protocol != wire::kProtocolVersion) {
    return refused(
        {.code = ErrorCode::kInvalidConfiguration, .message = version_mismatch(reply), .field = {}});
  }
  engine_version_ = reply.engine_version;
  greeted_ = true;
  wire::LoadRequest request = owner_->on_greeted();
  asked_ = request.options;
  auto asked = send(std::move(request));
  assert(asked && "a load request fits an empty queue");
  return {};
}

Worker::Verdict Worker::on(const wire::LoadProgress& progress) {
  if (state() != WorkerState::kLoading) return broken("progress of no load");
  load_fraction_ = progress.fraction;
  owner_->on_progress();
  return {};
}

Worker::Verdict Worker::on(wire::ModelLoaded loaded) {
  if (state() != WorkerState::kLoading) return broken("a model that nobody asked for");
  card_ = std::move(loaded.card);
  load_fraction_ = 1.0F;
  without_step_ = milliseconds{0};
  auto wanted = owner_->on_loaded();
  return wanted ? Verdict{} : refused(std::move(wanted.error()));
}

Worker::Verdict Worker::on(wire::LoadFailed failed) {
  if (state() != WorkerState::kLoading) return broken("the end of no load");
  return refused(std::move(failed.error));
}

Worker::Verdict Worker::on(wire::StepReport report) {
  const wire::EngineStatus before = std::exchange(engine_, report.status);
  const bool is_idle = engine_.n_running + engine_.n_waiting == 0;
  if (is_idle || !report.events.empty() || engine_.steps_completed != before.steps_completed)
    without_step_ = milliseconds{0};
  const auto taken = owner_->on_report(before, std::move(report));
  return taken ? Verdict{} : broken(taken.error().message);
}

Worker::Verdict Worker::on(wire::Dying dying) {
  dying_ = std::move(dying.error);
  return {};
}

// --- its end

void Worker::end() {
  handle_->kill();
  // The stream ends even if the process cannot, caught in a driver.
  connection_->close();
}

void Worker::kill(WorkerDeath reason) {
  if (is_over_) return;
  kill_reason_ = std::move(reason);
  end();
}

void Worker::dismiss() {
  if (is_over_) return;
  asked_to_end_ = true;
  end();
}

void Worker::ask_to_end() {
  if (is_over_) return;
  asked_to_end_ = true;
  auto asked = connection_->send(wire::Shutdown{});
  assert(asked && "a shutdown always finds place");
  arm_kill(kStopPatience, {.code = ErrorCode::kShuttingDown, .how = "it did not end when it was asked to"});
}

void Worker::arm_kill(milliseconds delay, WorkerDeath reason) {
  kill_timer_.expires_after(delay);
  kill_timer_.async_wait([weak = weak_from_this(), reason = std::move(reason)](const auto& withdrawn) {
    const auto self = weak.lock();
    if (!withdrawn && self) self->kill(reason);
  });
}

}  // namespace minerva::gateway
