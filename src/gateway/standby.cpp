#include "gateway/standby.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "gateway/patience.h"

namespace minerva::gateway {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// A worker that took requests over computes them first. Where prompts come without end, it is never calm.
constexpr milliseconds kAfterReady{100};
constexpr milliseconds kLongestWait{2'000};
constexpr milliseconds kLookPause{50};
constexpr std::uint32_t kMostDoublings = 6;  // of the pause after a refusal: half an hour of 30 s

bool covers(const wire::ModelCard& standby, const wire::ModelCard& serving) {
  return standby.rung <= serving.rung && standby.n_gpu_layers >= serving.n_gpu_layers &&
         standby.n_ctx_sequence >= serving.n_ctx_sequence && standby.n_ctx >= serving.n_ctx &&
         standby.cache_type_k == serving.cache_type_k && standby.cache_type_v == serving.cache_type_v &&
         standby.draft.has_value() == serving.draft.has_value();
}

bool is_same_form(const wire::ModelCard& a, const wire::ModelCard& b) { return covers(a, b) && covers(b, a); }

}  // namespace

Standby::Standby(const asio::any_io_executor& executor, RestartTimes times, Launch launch,
                 std::function<bool()> is_calm, ServiceEvents& events)
    : times_(times),
      policy_(times),
      launch_(std::move(launch)),
      is_calm_(std::move(is_calm)),
      events_(events),
      changed_(executor),
      gone_(executor) {}

asio::awaitable<void> Standby::keep() {
  while (!stopped_ || worker_) {
    if (worker_ && worker_->is_buried()) {
      settle();
    } else if (wanted_ && !worker_ && Clock::now() >= due_) {
      make_one_when_calm();
    } else {
      co_await changed_.wait_until(wanted_ && !worker_ ? due_ : Clock::time_point::max());
    }
  }
}

void Standby::match(const wire::LoadOptions& asked, const wire::ModelCard& serving) {
  const auto soon = Clock::now() + kAfterReady;
  if (n_refused_ == 0 || !is_same_form(serving, serving_)) {
    n_refused_ = 0;
    refusal_.clear();
    due_ = soon;
  } else {
    due_ = std::max(due_, soon);
  }
  latest_ = due_ + kLongestWait;
  asked_ = asked;
  asked_.rung = serving.rung;
  asked_.n_ctx_least = serving.rung > 0 ? serving.n_ctx_sequence : 0;
  serving_ = serving;
  wanted_ = true;
  changed_.notify();
}

std::shared_ptr<Worker> Standby::hand_over(WorkerOwner& owner) {
  wanted_ = false;
  if (!worker_ || worker_->is_ending()) return nullptr;
  worker_->set_owner(owner);
  changed_.notify();
  return std::exchange(worker_, nullptr);
}

void Standby::drop() {
  wanted_ = false;
  if (worker_) worker_->dismiss();
}

asio::awaitable<void> Standby::gone() {
  while (worker_) co_await gone_.wait();
}

void Standby::stop() {
  stopped_ = true;
  drop();
  changed_.notify();
}

// --- one standby's life

void Standby::make_one_when_calm() {
  if (const auto now = Clock::now(); now < latest_ && !is_calm_()) {
    due_ = now + kLookPause;
    return;
  }
  auto launched = launch_(*this);
  if (!launched) return cannot_be(launched.error());
  worker_ = *std::move(launched);
}

wire::LoadRequest Standby::on_greeted() { return {.options = asked_, .gently = true}; }

Status Standby::on_loaded() {
  if (!covers(*worker_->card(), serving_)) {
    return fail(ErrorCode::kModelOutOfMemory,
                "beside the worker that serves there is no room for as much as that one has");
  }
  n_refused_ = 0;
  refusal_.clear();
  log::info("gateway", "worker {} stands by", worker_->pid());
  return {};
}

Status Standby::on_report(const wire::EngineStatus& /*before*/, wire::StepReport report) {
  if (report.events.empty()) return {};
  return fail(ErrorCode::kInternal, "a standby spoke of requests that it never had");
}

AllowedSilence Standby::allowed_silence() const {
  const bool is_ready = worker_ && worker_->state() == WorkerState::kReady;
  return {.running = is_ready ? Patience::kWhileIdle : Patience::kWhileLoading,
          .stopped = Patience::kWhileStopped};
}

void Standby::settle() {
  const std::shared_ptr<Worker> ended = std::exchange(worker_, nullptr);
  gone_.notify();
  if (ended->refusal()) return cannot_be(*ended->refusal());
  if (ended->was_asked_to_end()) return;
  const bool was_ready = ended->state() == WorkerState::kReady;
  const auto decision = policy_.after_death(was_ready);
  due_ = Clock::now() + std::max(decision.pause, times_.first_pause);
  events_.add(ServiceEventKind::kStandbyDied,
              fmt::format("the standby, worker {}, ended: {}", ended->pid(), ended->death().how));
}

void Standby::cannot_be(const Error& why) {
  due_ = Clock::now() + times_.failed_pause * (1U << std::min(n_refused_, kMostDoublings));
  ++n_refused_;
  if (why.message == refusal_) return;
  refusal_ = why.message;
  events_.add(ServiceEventKind::kNoStandby, fmt::format("there is no standby: {}", why.message));
  log::warn("gateway", "there is no standby: {}", why.message);
}

}  // namespace minerva::gateway
