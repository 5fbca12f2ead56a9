#pragma once
// Keeps one worker alive: launches it, agrees on the version, has the model loaded, passes on what it reports, and starts
// the next when it ends. A worker that owes work and completes no step is ended (Patience).
//
// Threads: the I/O thread. stop order: begin_stop() → stopped(). The owner outlives both.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
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
#include "gateway/wakeup.h"
#include "gateway/worker_connection.h"
#include "gateway/worker_launcher.h"
#include "wire/messages.h"

namespace minerva::gateway {

struct WorkerDeath {
  ErrorCode code = ErrorCode::kWorkerCrashed;
  std::string how;  // "signal 9 (Killed)"
  bool by_placement =
      false;  // memory or a device failed, and the next one takes less: no request is to blame
};

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
  // The engine's numbers as they were and as they are, of one worker's life; before a worker's first report they are zero.
  virtual void on_report(const wire::EngineStatus& before, const wire::EngineStatus& now) = 0;
  // Tokens that one sequence must hold for the requests that are open; 0 while none is.
  [[nodiscard]] virtual std::uint32_t n_context_needed() const = 0;
  // What it was sent and has not ended.
  [[nodiscard]] virtual Owed owed() const = 0;
  // In the worker's order. An error says that they cannot be true; the worker is ended for it.
  [[nodiscard]] virtual Status on_events(std::vector<wire::SequenceEvent> events) = 0;
  // The worker is gone, and with it the answer to everything that was sent to it.
  [[nodiscard]] virtual DeathCause on_death(const WorkerDeath& death) = 0;
  // There is no use in waiting for the next worker.
  virtual void on_failed(const Error& error) = 0;
};

class WorkerSupervisor {
 public:
  WorkerSupervisor(boost::asio::any_io_executor executor, wire::LoadOptions load, RestartTimes times,
                   std::shared_ptr<WorkerLauncher> launcher, PlacementMemory memory,
                   WorkerObserver& observer);

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

  // Ends the worker's life now, as a death for this reason.
  void kill_worker(WorkerDeath reason);

  // What happened lately; the owner adds what it knows.
  [[nodiscard]] ServiceEvents& events() { return events_; }

  // Asks the worker to end, kills it when it has not after two seconds, and starts no other.
  void begin_stop();
  [[nodiscard]] boost::asio::awaitable<void> stopped();

 private:
  // How one message was taken: the life goes on, the worker refuses to serve, or it broke the protocol.
  struct Verdict {
    enum class Kind : std::uint8_t { kGoOn, kRefused, kBroken };
    Kind kind = Kind::kGoOn;
    Error error;
  };
  struct LifeEnd {
    std::optional<Error> refusal;
    WorkerDeath death;
  };

  void spawn(boost::asio::awaitable<void> work);
  [[nodiscard]] boost::asio::awaitable<void> run();
  [[nodiscard]] boost::asio::awaitable<LifeEnd> live_once();
  [[nodiscard]] boost::asio::awaitable<std::optional<Error>> converse();
  [[nodiscard]] boost::asio::awaitable<WorkerDeath> bury(bool unexpected);
  [[nodiscard]] boost::asio::awaitable<void> watch(std::uint32_t life);
  [[nodiscard]] std::optional<std::string> hang() const;
  [[nodiscard]] std::chrono::milliseconds patience() const;
  [[nodiscard]] RestartPolicy::Decision settle(LifeEnd end);
  [[nodiscard]] Error error_of(const WorkerDeath& death, bool give_up) const;

  [[nodiscard]] static Verdict refused(Error error);
  [[nodiscard]] static Verdict broken(std::string what);
  [[nodiscard]] Verdict take(wire::Message message);
  [[nodiscard]] Verdict on(const wire::HelloReply& reply);
  [[nodiscard]] Verdict on(const wire::LoadProgress& progress);
  [[nodiscard]] Verdict on(wire::ModelLoaded loaded);
  [[nodiscard]] Verdict on(wire::LoadFailed failed);
  [[nodiscard]] Verdict on(wire::StepReport report);
  [[nodiscard]] Verdict on(wire::Dying dying);
  [[nodiscard]] bool step_down(const WorkerDeath& death);
  [[nodiscard]] bool may_climb() const;
  void remember();
  void learn();

  void enter(WorkerEvent event);
  void arm_kill(std::chrono::milliseconds delay, WorkerDeath reason);

  boost::asio::any_io_executor executor_;
  wire::LoadOptions load_;
  RestartTimes times_;
  RestartPolicy policy_;
  std::shared_ptr<WorkerLauncher> launcher_;
  WorkerObserver& observer_;
  std::weak_ptr<void> owner_;

  WorkerState state_ = WorkerState::kStarting;
  bool is_serving_ = false;
  bool stopping_ = false;
  std::uint32_t n_launches_ = 0;
  std::optional<wire::ModelCard> card_;
  std::string engine_version_;
  std::optional<Error> last_error_;

  // Of the worker that lives now.
  std::unique_ptr<WorkerHandle> handle_;
  std::shared_ptr<WorkerConnection> connection_;
  float load_fraction_ = 0.0F;
  wire::EngineStatus engine_;
  Clock::time_point last_word_ = Clock::now();
  // As the gateway could see: time in which it did not run itself is no silence.
  std::chrono::milliseconds silent_{0};
  std::chrono::milliseconds without_step_{0};
  std::optional<WorkerDeath> kill_reason_;

  std::optional<Error> dying_;  // its own word on why it ends
  bool climbing_ = false;       // it was asked to end because a larger placement may fit again
  std::chrono::milliseconds at_rest_{0};

  Patience patience_;
  Fallback fallback_;
  PlacementMemory memory_;
  ServiceEvents events_;
  std::optional<Clock::time_point> died_;  // when the last one did, until the next is ready

  boost::asio::steady_timer kill_timer_;
  Wakeup retry_;
  Gate gate_;
  Wakeup idle_;
};

}  // namespace minerva::gateway
