#include "gateway/choices.h"

#include <cassert>
#include <utility>
#include <variant>

namespace minerva::gateway {

namespace asio = boost::asio;

Choices::Choices(std::vector<std::shared_ptr<Generation>> generations, std::shared_ptr<Wakeup> changed)
    : generations_(std::move(generations)), changed_(std::move(changed)), n_left_(generations_.size()) {
  assert(!generations_.empty() && "a request has a choice");
}

asio::awaitable<Status> Choices::accepted(std::shared_ptr<Choices> self) {
  for (const auto& generation : self->generations_) {
    while (!generation->was_accepted() && !generation->ending()) co_await self->changed_->wait();
    // One that was accepted and failed since is told by next(), after the text that came before.
    if (generation->was_accepted()) continue;
    self->fail();
    co_return std::unexpected(std::get<Error>(*generation->ending()));
  }
  co_return Status{};
}

asio::awaitable<StreamEvent> Choices::next(std::shared_ptr<Choices> self) {
  auto event = co_await next_until(std::move(self), Clock::time_point::max());
  co_return std::move(*event);
}

asio::awaitable<std::optional<StreamEvent>> Choices::next_until(std::shared_ptr<Choices> self,
                                                                Clock::time_point deadline) {
  assert(!self->done() && "nothing comes after the last event");
  while (true) {
    if (auto event = self->take()) co_return event;
    if (Clock::now() >= deadline) co_return std::nullopt;
    co_await self->changed_->wait_until(deadline);
  }
}

void Choices::cancel() {
  for (const auto& generation : generations_) generation->cancel();
}

std::optional<StreamEvent> Choices::take() {
  for (std::size_t i = 0; i < generations_.size(); ++i) {
    const std::size_t choice = (turn_ + i) % generations_.size();
    Generation& generation = *generations_[choice];
    if (generation.end_was_taken()) continue;
    auto event = generation.take();
    if (!event) continue;
    turn_ = choice + 1;
    if (auto* delta = std::get_if<TextDelta>(&*event)) {
      delta->choice = static_cast<std::uint32_t>(choice);
    } else if (auto* finished = std::get_if<Finished>(&*event)) {
      finished->choice = static_cast<std::uint32_t>(choice);
      --n_left_;
    } else {
      fail();
    }
    return event;
  }
  return std::nullopt;
}

void Choices::fail() {
  n_left_ = 0;
  cancel();
}

}  // namespace minerva::gateway
