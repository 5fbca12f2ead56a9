#include "gateway/process_worker_launcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "gateway/worker_stderr.h"
#include "wire/channel.h"

extern char** environ;  // NOLINT: POSIX wants it declared by the program

namespace minerva::gateway {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// A worker that closed its socket is on its way out; freeing a large model takes a moment.
constexpr milliseconds kGraceAfterClose{1500};
// After SIGKILL only the kernel can be slow (a driver that holds the process).
constexpr milliseconds kGraceAfterKill{5000};
constexpr milliseconds kGraceForPipe{250};
constexpr milliseconds kLongestStep{20};

std::string reason(int number) { return std::generic_category().message(number); }

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The child's descriptors are laid out at 0 to 3; one that lies there already would be overwritten on the way.
Result<Descriptor> above_layout(Descriptor descriptor) {
  if (descriptor.get() > kWorkerSocket) return descriptor;
  Descriptor moved{::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, kWorkerSocket + 1)};
  if (moved.get() < 0)
    return fail(ErrorCode::kInternal, fmt::format("no descriptor for the worker: {}", reason(errno)));
  return moved;
}

struct Ends {
  Descriptor ours;
  Descriptor theirs;
};

Result<Ends> open_socket() {
  const auto pair = wire::make_socket_pair();
  if (!pair) return std::unexpected(pair.error());
  Descriptor ours{pair->first};
  auto theirs = above_layout(Descriptor{pair->second});
  if (!theirs) return std::unexpected(theirs.error());
  if (::fcntl(ours.get(), F_SETFL, ::fcntl(ours.get(), F_GETFL) | O_NONBLOCK) != 0) {
    return fail(ErrorCode::kInternal,
                fmt::format("the worker's socket cannot be non-blocking: {}", reason(errno)));
  }
  return Ends{.ours = std::move(ours), .theirs = std::move(*theirs)};
}

Result<Ends> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0)
    return fail(ErrorCode::kInternal, fmt::format("no pipe for the worker: {}", reason(errno)));
  Descriptor ours{ends[0]};
  Descriptor writing{ends[1]};
  ::fcntl(ours.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(writing.get(), F_SETFD, FD_CLOEXEC);
  auto theirs = above_layout(std::move(writing));
  if (!theirs) return std::unexpected(theirs.error());
  return Ends{.ours = std::move(ours), .theirs = std::move(*theirs)};
}

// The compute threads of ggml meet hundreds of times a step, and OpenMP's default is to spin at each meeting for as long
// as a time slice. When another program holds a core, the thread that is waited for is not even running: measured with
// one busy core of two, a step takes 1900 ms instead of 7. A short spin and then sleep takes tens of
// milliseconds there; too short a one costs a tenth on an idle machine (docs/benchmarks.md). A user's own setting stands.
constexpr std::string_view kSpin = "GOMP_SPINCOUNT=4000";

std::vector<std::string> worker_environment() {
  std::vector<std::string> settings;
  bool chosen = false;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view setting = settings.emplace_back(*variable);
    chosen = chosen || setting.starts_with("GOMP_SPINCOUNT=") || setting.starts_with("OMP_WAIT_POLICY=");
  }
  if (!chosen) settings.emplace_back(kSpin);
  return settings;
}

// The two argument objects of posix_spawn.
class SpawnPlan {
 public:
  SpawnPlan(int socket, int pipe) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, pipe, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, pipe, 2);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kWorkerSocket);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#else
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kWorkerSocket + 1);
#endif
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&signals, number);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] Result<pid_t> run(std::string program, std::vector<std::string> arguments) const {
    std::vector<char*> argv{program.data()};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::vector<std::string> settings = worker_environment();
    std::vector<char*> variables;
    for (std::string& setting : settings) variables.push_back(setting.data());
    variables.push_back(nullptr);
    pid_t pid = -1;
    const int number =
        ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), variables.data());
    if (number == 0) return pid;
    return fail(
        number == EAGAIN || number == ENOMEM ? ErrorCode::kInternal : ErrorCode::kInvalidConfiguration,
        fmt::format("the worker program {} cannot be started: {}", program, reason(number)));
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::string describe(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

// The letter in proc_pid_stat(5), behind the program's name in parentheses; 0 where there is no such file.
char process_state(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(") ");
  return name_end == std::string::npos || name_end + 2 >= line.size() ? '\0' : line[name_end + 2];
}

class ProcessWorker final : public WorkerHandle {
 public:
  ProcessWorker(pid_t pid, Descriptor socket, std::shared_ptr<WorkerStderr> words)
      : pid_(pid), socket_(std::move(socket)), stderr_(std::move(words)) {}

  // Whoever dropped the handle without reap() cannot wait; the process ends, and init inherits what is left of it.
  ~ProcessWorker() override {
    stderr_->close();
    if (gone_) return;
    kill();
    ::waitpid(pid_, nullptr, WNOHANG);
  }
  ProcessWorker(const ProcessWorker&) = delete;
  ProcessWorker& operator=(const ProcessWorker&) = delete;

  int take_socket() override { return socket_.release(); }
  int pid() const override { return pid_; }

  bool is_stopped() const override { return !gone_ && process_state(pid_) == 'T'; }

  // Only while the id is surely ours: after waitpid() it may belong to anyone.
  void kill() override {
    if (!gone_) ::kill(pid_, SIGKILL);
  }

  asio::awaitable<WorkerExit> reap() override {
    auto status = co_await wait_for_end(kGraceAfterClose);
    if (!status) {
      kill();
      status = co_await wait_for_end(kGraceAfterKill);
    }
    co_await WorkerStderr::finish(stderr_, kGraceForPipe);
    co_return WorkerExit{.how = status ? describe(*status) : "not even SIGKILL ended it",
                         .last_words = stderr_->text()};
  }

 private:
  // Asks again in growing steps: unlike a pidfd, that works on every kernel and sandbox, and it is short.
  asio::awaitable<std::optional<int>> wait_for_end(milliseconds patience) {
    Wakeup timer{co_await asio::this_coro::executor};
    const auto deadline = Clock::now() + patience;
    for (milliseconds step{1}; true; step = std::min(step * 2, kLongestStep)) {
      int status = 0;
      const pid_t waited = ::waitpid(pid_, &status, WNOHANG);
      if (waited == pid_) {
        gone_ = true;
        co_return status;
      }
      if (Clock::now() >= deadline) co_return std::nullopt;
      co_await timer.wait_until(Clock::now() + step);
    }
  }

  pid_t pid_;
  Descriptor socket_;
  std::shared_ptr<WorkerStderr> stderr_;
  bool gone_ = false;
};

}  // namespace

ProcessWorkerLauncher::ProcessWorkerLauncher(asio::any_io_executor executor, std::filesystem::path program,
                                             std::vector<std::string> arguments)
    : executor_(std::move(executor)), program_(std::move(program)), arguments_(std::move(arguments)) {}

Result<std::unique_ptr<WorkerHandle>> ProcessWorkerLauncher::launch() {
  auto socket = open_socket();
  if (!socket) return std::unexpected(socket.error());
  auto pipe = open_pipe();
  if (!pipe) return std::unexpected(pipe.error());
  const SpawnPlan plan{socket->theirs.get(), pipe->theirs.get()};
  const auto pid = plan.run(program_.string(), arguments_);
  if (!pid) return std::unexpected(pid.error());
  auto words = std::make_shared<WorkerStderr>(executor_, pipe->ours.release());
  WorkerStderr::start(words);
  return std::make_unique<ProcessWorker>(*pid, std::move(socket->ours), std::move(words));
}

}  // namespace minerva::gateway
