#include "gateway/worker_stderr.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>

#include <array>
#include <exception>

namespace minerva::gateway {

namespace asio = boost::asio;

namespace {

// spdlog's "%-5!l" as base/log.cpp writes it: five columns, so that "warning" is cut to "warni".
struct LevelMark {
  std::string_view mark;
  log::Level level;
};
constexpr std::array<LevelMark, 4> kMarks{{{"debug ", log::Level::kDebug},
                                           {"info  ", log::Level::kInfo},
                                           {"warni ", log::Level::kWarn},
                                           {"error ", log::Level::kError}}};
constexpr std::size_t kTimeColumns = std::string_view{"00:00:00.000 "}.size();
constexpr std::string_view kName = "[worker] ";

void log_line(std::string_view line) {
  const WorkerLogLine parsed = parse_worker_line(line);
  log::write(parsed.level, "worker", parsed.text);
}

}  // namespace

WorkerLogLine parse_worker_line(std::string_view line) {
  if (line.size() < kTimeColumns || line[2] != ':' || line[5] != ':') return {.text = line};
  const std::string_view rest = line.substr(kTimeColumns);
  for (const LevelMark& known : kMarks) {
    if (!rest.starts_with(known.mark)) continue;
    std::string_view text = rest.substr(known.mark.size());
    if (text.starts_with(kName)) text.remove_prefix(kName.size());
    return {.level = known.level, .text = text};
  }
  return {.text = line};
}

WorkerStderr::WorkerStderr(const asio::any_io_executor& executor, int pipe)
    : pipe_(executor, pipe), tail_(log_line), ended_(executor) {}

void WorkerStderr::start(const std::shared_ptr<WorkerStderr>& self) {
  asio::co_spawn(self->pipe_.get_executor(), read(self), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

asio::awaitable<void> WorkerStderr::read(std::shared_ptr<WorkerStderr> self) {
  std::array<char, 4096> chunk{};
  while (self->pipe_.is_open()) {
    const auto [error, n] =
        co_await self->pipe_.async_read_some(asio::buffer(chunk), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    self->tail_.feed({chunk.data(), n});
  }
  self->tail_.finish();
  self->done_ = true;
  self->ended_.notify();
}

asio::awaitable<void> WorkerStderr::finish(std::shared_ptr<WorkerStderr> self,
                                           std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!self->done_ && Clock::now() < deadline) co_await self->ended_.wait_until(deadline);
  self->close();
  while (!self->done_) co_await self->ended_.wait();
}

void WorkerStderr::close() {
  boost::system::error_code ignored;
  if (pipe_.is_open()) pipe_.close(ignored);
}

}  // namespace minerva::gateway
