#include "cli/doctor/child_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace minerva::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) read_end = ends[0], write_end = ends[1];
  }
  ~Pipe() {
    close_write();
    if (read_end >= 0) ::close(read_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write() {
    if (write_end >= 0) ::close(std::exchange(write_end, -1));
  }
};

// Reads what is there; false at the end of the stream.
bool read_some(int fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR;
  const std::size_t room = kMaxChildText - text.size();
  text.append(buffer.data(), std::min(static_cast<std::size_t>(n), room));
  return n > 0;
}

// Until both streams end (true) or the deadline passes (false).
bool collect(int output_fd, int errors_fd, ChildOutput& collected, Clock::time_point deadline) {
  std::array<pollfd, 2> waits{
      {{.fd = output_fd, .events = POLLIN, .revents = 0}, {.fd = errors_fd, .events = POLLIN, .revents = 0}}};
  while (waits[0].fd >= 0 || waits[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    for (pollfd& wait : waits) {
      std::string& text = wait.fd == output_fd ? collected.output : collected.errors;
      if (wait.fd >= 0 && wait.revents != 0 && !read_some(wait.fd, text)) wait.fd = -1;
    }
  }
  return true;
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string{text.substr(text.rfind('\n') + 1)};
}

Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& arguments, const Pipe& output,
                    const Pipe& errors) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output.write_end, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.write_end, STDERR_FILENO);
  pid_t pid = 0;
  const int refused = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (refused != 0) {
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("{} cannot be run: {}", program, std::strerror(refused)));
  }
  return pid;
}

}  // namespace

Result<ChildOutput> run_child(const std::string& program, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds deadline) {
  Pipe output;
  Pipe errors;
  if (output.read_end < 0 || errors.read_end < 0)
    return fail(ErrorCode::kInternal, "the system refuses a pipe");
  const auto pid = spawn(program, arguments, output, errors);
  if (!pid) return std::unexpected(pid.error());
  output.close_write();
  errors.close_write();

  ChildOutput collected;
  const bool ended = collect(output.read_end, errors.read_end, collected, Clock::now() + deadline);
  if (!ended) ::kill(*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {}
  const std::string said = last_line(collected.errors);
  if (!ended) {
    return fail(ErrorCode::kTimeout, fmt::format("{} did not end within {} ms; its last line: '{}'", program,
                                                 deadline.count(), said));
  }
  if (WIFSIGNALED(status)) {
    return fail(ErrorCode::kWorkerCrashed,
                fmt::format("{} ended with signal {} ({}); its last line: '{}'", program, WTERMSIG(status),
                            ::strsignal(WTERMSIG(status)), said));
  }
  if (WEXITSTATUS(status) != 0) {
    return fail(ErrorCode::kWorkerCrashed,
                fmt::format("{} ended with status {}: {}", program, WEXITSTATUS(status), said));
  }
  return collected;
}

}  // namespace minerva::cli
