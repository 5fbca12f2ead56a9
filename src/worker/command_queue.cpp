#include "worker/command_queue.h"

#include <iterator>
#include <utility>

namespace minerva::worker {

bool CommandQueue::push(Command command) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return closed_ || commands_.size() < kCapacity; });
  if (closed_) return false;
  commands_.push_back(std::move(command));
  changed_.notify_all();
  return true;
}

void CommandQueue::close(Status reason) {
  const std::lock_guard lock{mutex_};
  if (!closed_) closed_ = std::move(reason);
  changed_.notify_all();
}

bool CommandQueue::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_.has_value();
}

Status CommandQueue::close_reason() const {
  const std::lock_guard lock{mutex_};
  return closed_.value_or(Status{});
}

std::vector<Command> CommandQueue::take(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  if (patience.count() > 0) changed_.wait_for(lock, patience, [&] { return closed_ || !commands_.empty(); });
  std::vector<Command> taken{std::make_move_iterator(commands_.begin()),
                             std::make_move_iterator(commands_.end())};
  commands_.clear();
  changed_.notify_all();
  return taken;
}

}  // namespace minerva::worker
