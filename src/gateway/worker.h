#pragma once
// One launched worker: its connection, the handshake, the load, the watch over its progress, its end.
//
//   launched ──Hello──► greeted ──LoadRequest──► loading ──ModelLoaded──► ready
//      └──────────────────┴──────── over: its connection is closed ─────────┘ ──► buried: its process is gone
//
// One that is silent for longer than its owner allows is ended. The owner may change while it lives: a standby becomes the
// worker that serves.
//
// Threads: the I/O thread. Shared by its owner and its own coroutines.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "gateway/wakeup.h"
#include "gateway/worker_connection.h"
#include "gateway/worker_launcher.h"
#include "gateway/worker_state.h"
#include "wire/messages.h"

namespace minerva::gateway {

struct WorkerDeath {
  ErrorCode code = ErrorCode::kWorkerCrashed;
  std::string how;                  // "signal 9 (Killed)"
  std::optional<ErrorCode> word{};  // its own on why, of one that could still say so
  bool by_placement =
      false;  // memory or a device failed, and the next one takes less: no request is to blame
};

// How long it may be silent. 0: for ever.
struct AllowedSilence {
  std::chrono::milliseconds running{0};
  std::chrono::milliseconds stopped{0};  // while its process is stopped
};

// Called on the I/O thread, never from inside one of the owner's own calls.
class WorkerOwner {
 public:
  virtual ~WorkerOwner() = default;

  // It was greeted and speaks this program's protocol: what it is to load.
  [[nodiscard]] virtual wire::LoadRequest on_greeted() = 0;
  virtual void on_progress() = 0;
  // An error is the reason why it is not wanted.
  [[nodiscard]] virtual Status on_loaded() = 0;
  // The engine's numbers as they were, and what came since. An error says that it cannot be true.
  [[nodiscard]] virtual Status on_report(const wire::EngineStatus& before, wire::StepReport report) = 0;
  [[nodiscard]] virtual AllowedSilence allowed_silence() const = 0;
  // It lives, and so much time passed since the last look.
  virtual void on_watch(std::chrono::milliseconds passed) = 0;
  // It is over, or it is buried.
  virtual void on_end() = 0;
};

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  // Runs a coroutine of the worker's, and keeps what it works with alive.
  using Spawn = std::function<void(boost::asio::awaitable<void>)>;

  // It outlives no owner while it is not buried.
  [[nodiscard]] static std::shared_ptr<Worker> start(const boost::asio::any_io_executor& executor,
                                                     std::unique_ptr<WorkerHandle> handle, const Spawn& spawn,
                                                     WorkerOwner& owner);
  Worker(const boost::asio::any_io_executor& executor, std::unique_ptr<WorkerHandle> handle,
         WorkerOwner& owner);

  void set_owner(WorkerOwner& owner) { owner_ = &owner; }

  [[nodiscard]] int pid() const { return pid_; }
  // kStarting, kLoading or kReady: how far it came.
  [[nodiscard]] WorkerState state() const;
  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] bool is_buried() const { return exit_.has_value(); }
  // It was told to end, or is being ended: nothing that it says counts any more.
  [[nodiscard]] bool is_ending() const { return is_over_ || asked_to_end_ || kill_reason_; }
  [[nodiscard]] bool was_asked_to_end() const { return asked_to_end_; }
  [[nodiscard]] const std::string& engine_version() const { return engine_version_; }
  [[nodiscard]] const wire::LoadOptions& asked() const { return asked_; }
  [[nodiscard]] float load_fraction() const { return load_fraction_; }
  [[nodiscard]] const std::optional<wire::ModelCard>& card() const { return card_; }
  [[nodiscard]] const wire::EngineStatus& engine() const { return engine_; }
  [[nodiscard]] Clock::time_point last_word() const { return last_word_; }

  // Why it would not serve, of one that said so.
  [[nodiscard]] const std::optional<Error>& refusal() const { return refusal_; }
  // Of one that is over: as much as is known by now.
  [[nodiscard]] WorkerDeath death() const;

  // kWorkerCrashed when it is over.
  [[nodiscard]] Status send(const wire::Message& message);

  // Ends it now, as a death for this reason.
  void kill(WorkerDeath reason);
  // Ends it now, because it is not wanted any more; nobody calls that a death.
  void dismiss();
  // Asks it to end, and ends it when it has not after two seconds.
  void ask_to_end();

 private:
  // How one message was taken: the life goes on, the worker refuses to serve, or it broke the protocol.
  struct Verdict {
    enum class Kind : std::uint8_t { kGoOn, kRefused, kBroken };
    Kind kind = Kind::kGoOn;
    Error error;
  };

  [[nodiscard]] static boost::asio::awaitable<void> live(std::shared_ptr<Worker> self);
  [[nodiscard]] static boost::asio::awaitable<std::optional<Error>> converse(std::shared_ptr<Worker> self);
  [[nodiscard]] static boost::asio::awaitable<void> watch(std::shared_ptr<Worker> self);
  [[nodiscard]] std::optional<std::string> hang() const;
  void tell_of_end() const;

  [[nodiscard]] static Verdict refused(Error error);
  [[nodiscard]] static Verdict broken(std::string what);
  [[nodiscard]] Verdict take(wire::Message message);
  [[nodiscard]] Verdict on(const wire::HelloReply& reply);
  [[nodiscard]] Verdict on(const wire::LoadProgress& progress);
  [[nodiscard]] Verdict on(wire::ModelLoaded loaded);
  [[nodiscard]] Verdict on(wire::LoadFailed failed);
  [[nodiscard]] Verdict on(wire::StepReport report);
  [[nodiscard]] Verdict on(wire::Dying dying);

  void end();
  void arm_kill(std::chrono::milliseconds delay, WorkerDeath reason);

  std::unique_ptr<WorkerHandle> handle_;
  int pid_;
  std::shared_ptr<WorkerConnection> connection_;
  WorkerOwner* owner_;
  boost::asio::steady_timer kill_timer_;
  boost::asio::steady_timer watch_timer_;

  std::string engine_version_;
  bool greeted_ = false;
  wire::LoadOptions asked_;
  float load_fraction_ = 0.0F;
  std::optional<wire::ModelCard> card_;
  wire::EngineStatus engine_;
  Clock::time_point last_word_ = Clock::now();
  // As the gateway could see: time in which it did not run itself is no silence.
  std::chrono::milliseconds silent_{0};
  std::chrono::milliseconds without_step_{0};

  bool asked_to_end_ = false;
  std::optional<WorkerDeath> kill_reason_;
  std::optional<Error> dying_;
  std::optional<Error> refusal_;
  bool is_over_ = false;
  std::optional<WorkerExit> exit_;
};

}  // namespace minerva::gateway
