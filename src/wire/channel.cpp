#include "wire/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "wire/codec.h"

namespace minerva::wire {
namespace {

std::string reason(int number) { return std::generic_category().message(number); }

}  // namespace

Channel::~Channel() { ::close(fd_); }

Status Channel::send(const Message& message) {
  const auto bytes = encode(message);
  if (!bytes) return std::unexpected(bytes.error());
  const std::lock_guard lock{send_mutex_};
  for (std::size_t sent = 0; sent < bytes->size();) {
    const ssize_t n = ::send(fd_, bytes->data() + sent, bytes->size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(ErrorCode::kWorkerCrashed, fmt::format("the peer is gone ({})", reason(errno)));
    sent += static_cast<std::size_t>(n);
  }
  return {};
}

Result<std::optional<Message>> Channel::receive() {
  std::array<char, 64 * 1024> chunk{};
  while (true) {
    const auto frame = reader_.next();
    if (!frame) return std::unexpected(frame.error());
    if (*frame) {
      auto message = decode(**frame);
      if (!message) return std::unexpected(message.error());
      return std::move(*message);
    }
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n == 0) return std::nullopt;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail(ErrorCode::kWorkerCrashed, fmt::format("the peer cannot be read ({})", reason(errno)));
    reader_.feed({chunk.data(), static_cast<std::size_t>(n)});
  }
}

void Channel::close_both_ways() { ::shutdown(fd_, SHUT_RDWR); }

Result<std::pair<int, int>> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorCode::kInternal, fmt::format("no socket pair: {}", reason(errno)));
  }
  return std::pair{ends[0], ends[1]};
}

}  // namespace minerva::wire
