#include "worker/sandbox/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "base/log.h"
#include "support/temporary_folder.h"
#include "worker/sandbox/landlock.h"

namespace minerva::worker {
namespace {

namespace fs = std::filesystem;

bool opens(const fs::path& path, int how = O_RDONLY) {
  const int fd = ::open(path.c_str(), how | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Each test asks its questions in a child, which alone is confined.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    log::configure(log::Level::kOff, "");
    fs::create_directories(folder_ / "home");
    for (const char* const name : {"model.gguf", "other.gguf"}) std::ofstream{folder_ / name} << name;
    options_.model_path = folder_ / "model.gguf";
    options_.sandbox = wire::SandboxMode::kOn;
  }
  // Whether `question` is true inside.
  bool inside(const std::function<bool()>& question) const {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("HOME", (folder_ / "home").c_str(), 1);
      ::unsetenv("XDG_CACHE_HOME");
      if (!enter_sandbox(options_)) ::_exit(kNoSandbox);
      ::_exit(question() ? kYes : kNo);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
    EXPECT_TRUE(WEXITSTATUS(status) == kYes || WEXITSTATUS(status) == kNo) << "no sandbox";
    return WIFEXITED(status) && WEXITSTATUS(status) == kYes;
  }

  static constexpr int kYes = 40;
  static constexpr int kNo = 41;
  static constexpr int kNoSandbox = 42;
  support::TemporaryFolder folder_;
  wire::LoadOptions options_;
};

TEST_F(SandboxTest, OfAllFilesHereTheModelAloneIsRead) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_TRUE(inside([&] { return opens(folder_ / "model.gguf"); }));
  EXPECT_FALSE(inside([&] { return opens(folder_ / "model.gguf", O_WRONLY); }));
  EXPECT_FALSE(inside([&] { return opens(folder_ / "other.gguf"); }));
  EXPECT_FALSE(inside([] { return opens("/etc/passwd"); }));
  EXPECT_FALSE(inside([&] { return opens(folder_ / "home" / "new", O_WRONLY | O_CREAT); }));
  EXPECT_FALSE(inside(
      [parent = ::getpid()] { return opens(fs::path{"/proc"} / std::to_string(parent) / "environ"); }));
  EXPECT_TRUE(inside(
      [] { return opens("/proc/self/status") && opens("/proc/meminfo") && opens("/dev/null", O_RDWR); }));
}

TEST_F(SandboxTest, AllPartsOfAModelAndItsDraftModelAreRead) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const fs::path first = folder_ / "m-00001-of-00002.gguf";
  const fs::path second = folder_ / "m-00002-of-00002.gguf";
  for (const fs::path& part : {first, second}) std::ofstream{part} << "part";
  options_.model_path = first;
  options_.draft_model_path = folder_ / "other.gguf";
  EXPECT_TRUE(inside([&] { return opens(first) && opens(second) && opens(folder_ / "other.gguf"); }));
}

TEST_F(SandboxTest, TheFolderOfPrefixesIsWritten) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  options_.prefix_cache_dir = folder_ / "prefixes";
  fs::create_directories(options_.prefix_cache_dir);
  EXPECT_TRUE(inside([&] {
    const fs::path file = options_.prefix_cache_dir + "/a";
    return opens(file, O_WRONLY | O_CREAT) && ::rename(file.c_str(), (file.string() + "b").c_str()) == 0 &&
           ::unlink((file.string() + "b").c_str()) == 0;
  }));
}

TEST_F(SandboxTest, DriversKeepTheirProgramsInAFolderOfTheirOwn) {
  EXPECT_TRUE(inside([&] {
    const fs::path cache = folder_ / "home/.cache/minerva/drivers";
    return std::getenv("MESA_SHADER_CACHE_DIR") == cache.string() && opens(cache / "a", O_WRONLY | O_CREAT);
  }));
}

TEST_F(SandboxTest, ThereIsNoNetwork) {
  for (const int domain : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET})
    EXPECT_TRUE(inside([domain] { return ::socket(domain, SOCK_STREAM, 0) < 0 && errno == EPERM; }))
        << domain;
  EXPECT_TRUE(inside([] {
    int ends[2];
    return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
  }));
}

TEST_F(SandboxTest, ThereAreNoOtherPrograms) {
  EXPECT_TRUE(inside([] {
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    return ::execv(name, arguments) < 0 && errno == EPERM;
  }));
  EXPECT_TRUE(inside([] { return ::fork() < 0 && errno == EPERM; }));
  EXPECT_TRUE(inside([] { return ::syscall(SYS_clone3, nullptr, 0) < 0 && errno == ENOSYS; }));
}

TEST_F(SandboxTest, ThreadsAreMadeAndAreConfinedToo) {
  EXPECT_TRUE(inside([] {
    bool confined = false;
    std::thread{[&] { confined = ::socket(AF_INET, SOCK_STREAM, 0) < 0 && !opens("/etc/passwd"); }}.join();
    return confined || landlock_version() == 0;
  }));
}

TEST_F(SandboxTest, OtherProcessesAreOutOfReach) {
  const pid_t parent = ::getpid();
  EXPECT_TRUE(inside([parent] { return ::kill(parent, 0) < 0 && errno == EPERM; }));
  EXPECT_TRUE(inside([] { return ::kill(::getpid(), 0) == 0; }));
  EXPECT_TRUE(
      inside([parent] { return ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr) < 0 && errno == EPERM; }));
}

TEST_F(SandboxTest, WhatItReadsItCannotRename) {
  EXPECT_TRUE(inside([&] { return ::chmod(options_.model_path.c_str(), 0666) < 0 && errno == EPERM; }));
  EXPECT_FALSE(inside([&] { return ::rename(options_.model_path.c_str(), (folder_ / "x").c_str()) == 0; }));
}

TEST_F(SandboxTest, NoCoreFileIsLeft) {
  EXPECT_TRUE(inside([] {
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    return limit.rlim_max == 0 && ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  }));
}

TEST_F(SandboxTest, SwitchedOffItChangesNothing) {
  options_.sandbox = wire::SandboxMode::kOff;
  EXPECT_TRUE(inside([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0 && opens("/etc/passwd"); }));
}

}  // namespace
}  // namespace minerva::worker
