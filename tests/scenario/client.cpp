#include "client.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <numeric>
#include <utility>

namespace minerva::scenario {

namespace asio = boost::asio;

namespace {

struct PhaseName {
  ClientPhase phase;
  std::string_view name;
};
constexpr std::array kPhases{
    PhaseName{ClientPhase::kRefused, "refused"}, PhaseName{ClientPhase::kWaiting, "waiting"},
    PhaseName{ClientPhase::kReading, "reading"}, PhaseName{ClientPhase::kFinished, "finished"},
    PhaseName{ClientPhase::kFailed, "failed"},   PhaseName{ClientPhase::kGone, "gone"}};

}  // namespace

std::string_view to_string(ClientPhase phase) { return kPhases.at(static_cast<std::size_t>(phase)).name; }

std::optional<ClientPhase> parse_phase(std::string_view name) {
  const auto* known = std::ranges::find(kPhases, name, &PhaseName::name);
  return known == kPhases.end() ? std::nullopt : std::optional{known->phase};
}

Client::Client(asio::io_context& io, Result<gateway::TokenStream> submitted, std::uint32_t n_choices,
               bool reads_held)
    : reads_held_(reads_held), may_read_(io.get_executor()), told_(n_choices) {
  if (submitted) {
    stream_.emplace(std::move(*submitted));
  } else {
    phase_ = ClientPhase::kRefused;
    error_ = std::move(submitted.error());
  }
}

void Client::start(const std::shared_ptr<Client>& self, asio::io_context& io) {
  if (!self->stream_) return;
  asio::co_spawn(io, live(self), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

void Client::leave() {
  left_ = true;
  stream_.reset();
  may_read_.notify();
}

void Client::read_one() {
  ++n_reads_allowed_;
  may_read_.notify();
}

void Client::read_all() {
  reads_held_ = false;
  may_read_.notify();
}

asio::awaitable<void> Client::live(std::shared_ptr<Client> self) {
  const Status accepted = co_await self->stream_->accepted();
  if (!accepted) {
    self->fail_with(accepted.error());
    co_return;
  }
  self->was_accepted_ = true;
  self->phase_ = ClientPhase::kReading;
  while (!self->ended()) {
    while (!self->left_ && self->reads_held_ && self->n_reads_allowed_ == 0) co_await self->may_read_.wait();
    if (self->left_) {
      self->phase_ = ClientPhase::kGone;
      co_return;
    }
    if (self->n_reads_allowed_ > 0) --self->n_reads_allowed_;
    self->take(co_await self->stream_->next());
  }
}

void Client::take(gateway::StreamEvent event) {
  if (auto* delta = std::get_if<gateway::TextDelta>(&event)) {
    Told& told = told_.at(delta->choice);
    told.text += delta->text;
    told.n_tokens += delta->n_tokens;
    ++told.n_deltas;
  } else if (auto* finished = std::get_if<gateway::Finished>(&event)) {
    told_.at(finished->choice).finished = std::move(*finished);
    if (stream_->done()) phase_ = ClientPhase::kFinished;
  } else {
    fail_with(std::get<Error>(std::move(event)));
  }
}

std::uint32_t Client::n_tokens() const {
  return std::accumulate(told_.begin(), told_.end(), 0U,
                         [](std::uint32_t n, const Told& told) { return n + told.n_tokens; });
}

void Client::fail_with(Error error) {
  error_ = std::move(error);
  phase_ = left_ && error_.code == ErrorCode::kCancelled ? ClientPhase::kGone : ClientPhase::kFailed;
}

std::string Client::describe() const {
  std::string described{to_string(phase_)};
  for (const Told& told : told_) {
    described +=
        fmt::format(", {} tokens in {} deltas, text \"{}\"", told.n_tokens, told.n_deltas, told.text);
  }
  if (!error_.message.empty()) described += fmt::format(", {}", minerva::to_string(error_));
  return described;
}

}  // namespace minerva::scenario
