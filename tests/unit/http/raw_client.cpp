#include "raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

namespace minerva::http {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
      << "errno " << errno;
}

RawClient::~RawClient() { close(); }

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), bytes_(std::move(other.bytes_)), was_reset_(other.was_reset_) {}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void RawClient::shutdown_send() { ::shutdown(fd_, SHUT_WR); }

void RawClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void RawClient::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

bool RawClient::has_bytes() const {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

bool RawClient::receive() {
  std::array<char, 16384> buffer{};
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n > 0) bytes_.append(buffer.data(), static_cast<std::size_t>(n));
  if (n < 0 && errno == ECONNRESET) was_reset_ = true;
  EXPECT_FALSE(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      << "the server sent nothing for " << kPatience.count() << " s";
  return n > 0;
}

bool RawClient::await(std::size_t n) {
  while (bytes_.size() < n) {
    if (!receive()) return false;
  }
  return true;
}

std::string RawClient::take(std::size_t n) {
  std::string taken = bytes_.substr(0, n);
  bytes_.erase(0, n);
  return taken;
}

std::string RawClient::read_until(std::string_view text) {
  while (bytes_.find(text) == std::string::npos) {
    if (!receive()) return {};
  }
  return take(bytes_.find(text) + text.size());
}

std::string RawClient::read_to_end() {
  while (receive()) {}
  return take(bytes_.size());
}

RawResponse RawClient::read_response(bool to_head) {
  RawResponse response;
  const std::string head = read_until("\r\n\r\n");
  if (head.size() < 12) return response;
  response.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const auto end = head.find("\r\n", at);
    const auto colon = head.find(':', at);
    response.headers[lower(head.substr(at, colon - at))] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (to_head || response.status == 204 || response.status == 100) {
    response.complete = true;
  } else if (const auto length = response.headers.find("content-length"); length != response.headers.end()) {
    response.complete = await(std::stoul(length->second));
    response.body = take(std::min(bytes_.size(), std::stoul(length->second)));
  } else if (response.headers.contains("transfer-encoding")) {
    read_chunks(response);
  } else {
    response.body = read_to_end();
    response.complete = !was_reset_;
  }
  return response;
}

void RawClient::read_chunks(RawResponse& response) {
  while (true) {
    const std::string line = read_until("\r\n");
    if (line.empty()) return;
    const std::size_t size = std::stoul(line, nullptr, 16);
    if (!await(size + 2)) return;
    response.body += take(size);
    take(2);
    if (size == 0) break;
  }
  response.complete = true;
}

}  // namespace minerva::http
