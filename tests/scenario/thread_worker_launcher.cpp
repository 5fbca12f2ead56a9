#include "thread_worker_launcher.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>

#include "paced_backend.h"
#include "support/scripted_backend.h"
#include "wire/channel.h"
#include "worker/worker_loop.h"

namespace minerva::scenario {

namespace asio = boost::asio;

// One worker from launch to death.
class WorkerLife {
 public:
  WorkerLife(int fd, EngineShape shape, EngineControl& control)
      : fd_(fd), channel_(fd), shape_(std::move(shape)), control_(control) {
    thread_ = std::jthread{[this] { shape_.protocol || shape_.noise ? misbehave() : work(); }};
  }

  // From any thread; the first death counts.
  bool die(const std::string& how) {
    {
      const std::lock_guard lock{mutex_};
      if (ended_) return false;
      ended_ = true;
      how_ = how;
    }
    // In this order: a dead worker says nothing of its death.
    channel_.close_both_ways();
    dead_.request_stop();
    return true;
  }

  void freeze() { frozen_ = true; }
  [[nodiscard]] bool is_frozen() const { return frozen_; }

  std::string join() {
    channel_.close_both_ways();
    thread_.join();
    const std::lock_guard lock{mutex_};
    ended_ = true;
    return how_;
  }

 private:
  void work() {
    const auto factory = [this](const wire::LoadOptions& options, const worker::LoadProgress& progress) {
      rung_ = options.rung;
      return load(progress);
    };
    const Status ended = worker::WorkerLoop{channel_, factory, "scripted"}.run();
    channel_.close_both_ways();
    const std::lock_guard lock{mutex_};
    if (!ended_ && !ended) how_ = to_string(ended.error());
    ended_ = true;
  }

  void misbehave() {
    if (!channel_.receive()) return;
    if (shape_.noise) {
      (void)::send(fd_, shape_.noise->data(), shape_.noise->size(), MSG_NOSIGNAL);
    } else if (!channel_.send(wire::HelloReply{
                   .protocol = *shape_.protocol, .program_version = "9.9.9", .engine_version = ""})) {
      return;
    }
    while (auto next = channel_.receive()) {
      if (!*next) return;
    }
  }

  Result<std::unique_ptr<inference::InferenceBackend>> load(const worker::LoadProgress& progress) {
    float told = 0.0F;
    while (true) {
      const LoadOrder order = control_.wait_for_load(dead_.get_token(), told);
      switch (order.kind) {
        case LoadOrder::Kind::kSucceed: return make_backend();
        case LoadOrder::Kind::kFail: return std::unexpected(order.error);
        case LoadOrder::Kind::kDie:
          die("signal 11 (Segmentation fault)");
          return fail(ErrorCode::kInternal, "the worker is dead");
        case LoadOrder::Kind::kProgress: told = order.fraction;
      }
      if (!progress(told)) return fail(ErrorCode::kCancelled, "the load was given up");
    }
  }

  std::unique_ptr<inference::InferenceBackend> make_backend() {
    support::ScriptedOptions options;
    options.n_parallel = shape_.n_slots;
    options.n_ctx_sequence = shape_.n_context;
    options.n_batch = shape_.n_batch;
    options.rung = rung_;
    options.fault = [this](std::uint64_t n_decode, std::span<const inference::BatchToken> batch) {
      return fault_of(n_decode, batch);
    };
    return std::make_unique<PacedBackend>(std::make_unique<support::ScriptedBackend>(std::move(options)),
                                          control_, dead_.get_token());
  }

  support::ScriptedOptions::Fault fault_of(std::uint64_t n_decode,
                                           std::span<const inference::BatchToken> batch) {
    if (rung_ < shape_.fits_from_rung && n_decode >= kStepsThatFit)
      return {.error =
                  Error{.code = ErrorCode::kOutOfMemory, .message = "no memory for a batch", .field = {}}};
    const bool is_fatal = shape_.dies_of && std::ranges::any_of(batch, [this](const auto& entry) {
                            return support::text_of(entry.token) == *shape_.dies_of;
                          });
    if (!is_fatal) return {};
    die("signal 11 (Segmentation fault)");
    return {.error = Error{.code = ErrorCode::kInternal, .message = "the worker is dead", .field = {}}};
  }

  static constexpr std::uint64_t kStepsThatFit = 3;

  std::uint32_t rung_ = 0;
  int fd_;  // channel_'s
  wire::Channel channel_;
  EngineShape shape_;
  EngineControl& control_;
  std::atomic<bool> frozen_{false};
  std::stop_source dead_;
  std::mutex mutex_;
  bool ended_ = false;
  std::string how_ = "exit status 0";
  std::jthread thread_;  // last: its work uses everything above
};

namespace {

class ThreadWorkerHandle final : public gateway::WorkerHandle {
 public:
  ThreadWorkerHandle(std::shared_ptr<WorkerLife> life, int fd, int pid)
      : life_(std::move(life)), fd_(fd), pid_(pid) {}

  int take_socket() override { return std::exchange(fd_, -1); }
  int pid() const override { return pid_; }
  bool is_stopped() const override { return life_->is_frozen(); }
  void kill() override { life_->die("signal 9 (Killed)"); }
  asio::awaitable<gateway::WorkerExit> reap() override {
    co_return gateway::WorkerExit{.how = life_->join(), .last_words = {}};
  }

 private:
  std::shared_ptr<WorkerLife> life_;
  int fd_;
  int pid_;
};

constexpr int kFirstPid = 1000;

}  // namespace

Result<std::unique_ptr<gateway::WorkerHandle>> ThreadWorkerLauncher::launch() {
  const auto ends = wire::make_socket_pair();
  if (!ends) return std::unexpected(ends.error());
  ::fcntl(ends->first, F_SETFL, O_NONBLOCK);
  const auto life = std::make_shared<WorkerLife>(ends->second, shape_, control_);
  const int pid = kFirstPid + static_cast<int>(++n_launched_);
  lives_[pid] = life;
  return std::make_unique<ThreadWorkerHandle>(life, ends->first, pid);
}

bool ThreadWorkerLauncher::kill(int pid, const std::string& how) {
  const auto life = lives_[pid].lock();
  return life && life->die(how);
}

bool ThreadWorkerLauncher::freeze(int pid) {
  const auto life = lives_[pid].lock();
  if (life) life->freeze();
  return life != nullptr;
}

}  // namespace minerva::scenario
