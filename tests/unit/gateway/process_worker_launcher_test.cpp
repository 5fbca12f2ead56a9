#include "gateway/process_worker_launcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "run_coroutine.h"

namespace minerva::gateway {
namespace {

struct LauncherTest : testing::Test {
  ~LauncherTest() override {
    for (const int fd : sockets) ::close(fd);
  }

  std::unique_ptr<WorkerHandle> launch(const std::string& script) {
    auto handle = ProcessWorkerLauncher{io.get_executor(), "/bin/sh", {"-c", script}}.launch().value();
    sockets.push_back(handle->take_socket());
    return handle;
  }
  WorkerExit reap(WorkerHandle& handle) { return finish(io, handle.reap()); }

  // What the worker writes to its socket until it closes it.
  std::string read_all(int fd) {
    ::fcntl(fd, F_SETFL, 0);
    std::string all;
    std::array<char, 256> chunk{};
    for (ssize_t n = 0; (n = ::read(fd, chunk.data(), chunk.size())) > 0;)
      all.append(chunk.data(), static_cast<std::size_t>(n));
    return all;
  }

  boost::asio::io_context io;
  std::vector<int> sockets;
};

TEST_F(LauncherTest, TellsTheExitStatusAndTheLastWords) {
  const auto worker = launch("echo to-out; echo to-err >&2; printf unfinished >&2; exit 3");
  EXPECT_GT(worker->pid(), 0);
  const WorkerExit exit = reap(*worker);
  EXPECT_EQ(exit.how, "exit status 3");
  EXPECT_EQ(exit.last_words, "to-out\nto-err\nunfinished");
}

TEST_F(LauncherTest, TellsTheSignal) {
  const auto worker = launch("kill -SEGV $$");
  EXPECT_EQ(reap(*worker).how, "signal 11 (Segmentation fault)");
}

TEST_F(LauncherTest, KillsAndReaps) {
  const auto worker = launch("exec sleep 1000");
  worker->kill();
  worker->kill();
  EXPECT_EQ(reap(*worker).how, "signal 9 (Killed)");
  EXPECT_EQ(::kill(worker->pid(), 0), -1);
}

// A worker that closed its socket and then does not end is not waited for.
TEST_F(LauncherTest, EndsAWorkerThatIgnoresEverything) {
  const auto worker = launch("exec 3>&-; trap '' INT TERM HUP; exec sleep 1000");
  EXPECT_EQ(reap(*worker).how, "signal 9 (Killed)");
}

TEST_F(LauncherTest, ADescendantThatKeepsThePipeDoesNotHoldUpTheReaping) {
  const auto worker = launch("sleep 1000 3>&- & echo $!; exit 0");
  const WorkerExit exit = reap(*worker);
  EXPECT_EQ(exit.how, "exit status 0");
  EXPECT_EQ(::kill(std::stoi(exit.last_words), SIGKILL), 0);
}

TEST_F(LauncherTest, GivesTheWorkerItsSocketTheEnvironmentAndNothingElse) {
  ::setenv("MINERVA_LAUNCHER_TEST", "seen", 1);
  const int leaked = ::fcntl(0, F_DUPFD, 50);  // without close-on-exec, as a library may open one
  const auto worker = launch(
      "all=; for fd in 0 1 2 3 4 5 6 7 8 9 $(seq 10 99); do [ -e /proc/$$/fd/$fd ] && all=\"$all $fd\"; done;"
      "echo $all >&3; echo $MINERVA_LAUNCHER_TEST >&3; wc -c >&3");
  ::close(leaked);
  EXPECT_EQ(read_all(sockets.back()), "0 1 2 3\nseen\n0\n");
  EXPECT_EQ(reap(*worker).how, "exit status 0");
}

TEST_F(LauncherTest, PutsTheWorkerIntoAProcessGroupOfItsOwn) {
  const auto worker = launch("exec sleep 1000");
  EXPECT_EQ(::getpgid(worker->pid()), worker->pid());
  worker->kill();
  EXPECT_EQ(reap(*worker).how, "signal 9 (Killed)");
}

TEST_F(LauncherTest, SaysWhichProgramCannotBeStarted) {
  const auto launched = ProcessWorkerLauncher{io.get_executor(), "/nowhere/minerva-worker"}.launch();
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().code, ErrorCode::kInvalidConfiguration);
  EXPECT_NE(launched.error().message.find("/nowhere/minerva-worker"), std::string::npos);
  EXPECT_NE(launched.error().message.find("No such file"), std::string::npos);
}

TEST_F(LauncherTest, AHandleThatIsDroppedLeavesNoProcessRunning) {
  auto worker = launch("exec sleep 1000");
  const int pid = worker->pid();
  worker.reset();
  ::waitpid(pid, nullptr, 0);
  EXPECT_EQ(::kill(pid, 0), -1);
  io.run();
}

}  // namespace
}  // namespace minerva::gateway
