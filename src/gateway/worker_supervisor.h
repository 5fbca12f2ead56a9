#pragma once
// Keeps a worker serving: has it load the model, passes on what it reports, and puts the next in its place when it ends,
// the standby where there is one. A worker that owes work and completes no step is ended (Patience).
//
// Threads: the I/O thread. stop order: begin_stop() → stopped(). The owner outlives both.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/gate.h"
#include "gateway/fallback.h"
#include "gateway/gateway_status.h"
#include "gateway/patience.h"
#include "gateway/placement_memory.h"
#include "gateway/restart_policy.h"
#include "gateway/service_event.h"
#include "gateway/standby.h"
#include "gateway/wakeup.h"
#include "gateway/worker.h"
#include "gateway/worker_launcher.h"
#include "wire/messages.h"

namespace minerva::gateway {

enum class DeathCause : std::uint8_t {
  kUnknown,
  kSomeRequest,  // which one is being found out; until then deaths are no sign of a worker that cannot serve
};

// What the supervisor tells its owner. Called on the I/O thread, never from inside one of the owner's own calls.
class WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;

  // The state or the load's progress changed.
  virtual void on_change() = 0;
  // From now on send() reaches a worker that serves.
  virtual void on_ready() = 0;
  // The standby is the worker now.
  virtual void on_take_over() = 0;
  // The engine's numbers as they were and as they are, of one worker's life; before a worker's first report they are zero.
  virtual void on_report(const wire::EngineStatus& before, const wire::EngineStatus& now) = 0;
  // Tokens that one sequence must hold for the requests that are open; 0 while none is.
  [[nodiscard]] virtual std::uint32_t n_context_needed() const = 0;
  // What it was sent and has not ended.
  [[nodiscard]] virtual Owed owed() const = 0;
  // Of all that it was sent, something has come.
  [[nodiscard]] virtual bool is_calm() const = 0;
  // In the worker's order. An error says that they cannot be true; the worker is ended for it.
  [[nodiscard]] virtual Status on_events(std::vector<wire::SequenceEvent> events) = 0;
  // The worker is gone, and with it the answer to everything that was sent to it.
  [[nodiscard]] virtual DeathCause on_death(const WorkerDeath& death) = 0;
  // There is no use in waiting for the next worker.
  virtual void on_failed(const Error& error) = 0;
};

struct SupervisorOptions {
  wire::LoadOptions load;
  RestartTimes times;
  bool standby = false;                  // a second worker stands by
  std::filesystem::path placement_file;  // of what placements taught; empty: it is not kept
};

class WorkerSupervisor final : private WorkerOwner {
 public:
  WorkerSupervisor(boost::asio::any_io_executor executor, SupervisorOptions options,
                   std::shared_ptr<WorkerLauncher> launcher, WorkerObserver& observer);

  // `owner` holds this supervisor and the observer; work in flight keeps it alive.
  void start(std::weak_ptr<void> owner);

  // To the worker that lives now; kWorkerCrashed when there is none.
  [[nodiscard]] Status send(const wire::Message& message);

  [[nodiscard]] WorkerState state() const { return state_; }
  // A worker is ready, or was and the next one will be shortly: a request may wait for it.
  [[nodiscard]] bool is_serving() const { return is_serving_; }
  [[nodiscard]] const std::optional<wire::ModelCard>& card() const { return card_; }
  [[nodiscard]] const std::optional<Error>& last_error() const { return last_error_; }
  // Fills in what this class knows.
  void describe(GatewayStatus& status) const;

  // What happened lately; the owner adds what it knows.
  [[nodiscard]] ServiceEvents& events() { return events_; }

  // Asks the worker to end, kills it when it has not after two seconds, and starts no other.
  void begin_stop();
  [[nodiscard]] boost::asio::awaitable<void> stopped();

 private:
  void spawn(boost::asio::awaitable<void> work);
  [[nodiscard]] boost::asio::awaitable<void> run();
  [[nodiscard]] boost::asio::awaitable<Status> put_next();
  [[nodiscard]] boost::asio::awaitable<void> see_it_end();
  [[nodiscard]] Result<std::shared_ptr<Worker>> launch(WorkerOwner& owner);
  void take_over();

  // Of the worker that lives now.
  [[nodiscard]] wire::LoadRequest on_greeted() override;
  void on_progress() override { observer_.on_change(); }
  [[nodiscard]] Status on_loaded() override;
  [[nodiscard]] Status on_report(const wire::EngineStatus& before, wire::StepReport report) override;
  [[nodiscard]] AllowedSilence allowed_silence() const override;
  void on_watch(std::chrono::milliseconds passed) override;
  void on_end() override { ended_.notify(); }
  [[nodiscard]] std::chrono::milliseconds patience() const;

  // After the end of a worker: tells the owner, and says when the next begins.
  [[nodiscard]] RestartPolicy::Decision settle_death();
  [[nodiscard]] RestartPolicy::Decision settle_refusal(const Error& why);
  void give_up();
  [[nodiscard]] Error error_of(const WorkerDeath& death, bool give_up) const;
  [[nodiscard]] bool step_down(const WorkerDeath& death);
  void climb();
  void remember();
  void learn();

  void enter(WorkerEvent event);

  boost::asio::any_io_executor executor_;
  SupervisorOptions options_;
  RestartPolicy policy_;
  std::shared_ptr<WorkerLauncher> launcher_;
  WorkerObserver& observer_;
  std::weak_ptr<void> owner_;

  WorkerState state_ = WorkerState::kStarting;
  bool is_serving_ = false;
  bool stopping_ = false;
  std::uint32_t n_lives_ = 0;
  std::optional<wire::ModelCard> card_;
  std::string engine_version_;
  std::optional<Error> last_error_;
  std::optional<Clock::time_point> died_;  // when the last one did, until the next is ready

  std::shared_ptr<Worker> current_;  // the last one until the next has come; null before the first
  bool climbing_ = false;            // it was asked to end because a larger placement may fit again
  std::chrono::milliseconds at_rest_{0};

  Patience patience_;
  Fallback fallback_;
  PlacementMemory memory_;
  ServiceEvents events_;
  Standby standby_;

  Wakeup retry_;
  Wakeup ended_;
  Gate gate_;
  Wakeup idle_;
};

}  // namespace minerva::gateway
