#include "cli/chat/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace minerva::cli {
namespace {

// What the handler, which may touch nothing else, writes to; -1 while there is no Interrupt.
std::atomic<int> signalled{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void on_sigint(int /*signal*/) {
  const int saved = errno;
  const std::uint64_t one = 1;
  // A full counter stays readable, which is all that is asked of it.
  if (::write(signalled.load(), &one, sizeof one) < 0) errno = saved;
  errno = saved;
}

void set_handler(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
}

void raise_event(int descriptor) {
  const std::uint64_t one = 1;
  while (::write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {}
}

}  // namespace

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  assert(signalled.load() == -1 && "a second Interrupt would take the signal from the first");
  signalled = descriptor_;
  set_handler(on_sigint);
}

Interrupt::~Interrupt() {
  set_handler(SIG_DFL);
  signalled = -1;
  ::close(descriptor_);
}

bool Interrupt::take() {
  std::uint64_t count = 0;
  return ::read(descriptor_, &count, sizeof count) == static_cast<ssize_t>(sizeof count);
}

StopOnInterrupt::StopOnInterrupt(Interrupt& interrupt)
    : interrupt_(interrupt), end_(::eventfd(0, EFD_CLOEXEC)) {
  watcher_ = std::thread([this] {
    std::array<pollfd, 2> waits{{{.fd = interrupt_.descriptor(), .events = POLLIN, .revents = 0},
                                 {.fd = end_, .events = POLLIN, .revents = 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {}
    if (waits[0].revents != 0) source_.request_stop();
  });
}

StopOnInterrupt::~StopOnInterrupt() {
  raise_event(end_);
  watcher_.join();
  ::close(end_);
  // A press that came too late to stop anything must not clear the next prompt; one that stopped the answer is used up.
  (void)interrupt_.take();
}

}  // namespace minerva::cli
