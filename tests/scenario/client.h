#pragma once
// A client of the gateway as an HTTP handler is one: waits for acceptance, takes events, may leave at any time, may take
// its time. Threads: the scenario's.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "gateway/token_stream.h"
#include "gateway/wakeup.h"

namespace minerva::scenario {

enum class ClientPhase : std::uint8_t { kRefused, kWaiting, kReading, kFinished, kFailed, kGone };

[[nodiscard]] std::string_view to_string(ClientPhase phase);
[[nodiscard]] std::optional<ClientPhase> parse_phase(std::string_view name);

class Client {
 public:
  // What came of one choice.
  struct Told {
    std::string text;
    std::uint32_t n_tokens = 0;
    std::uint32_t n_deltas = 0;
    gateway::Finished finished;
  };

  // `reads_held`: takes no event until read() allows it.
  Client(boost::asio::io_context& io, Result<gateway::TokenStream> submitted, std::uint32_t n_choices,
         bool reads_held);

  static void start(const std::shared_ptr<Client>& self, boost::asio::io_context& io);

  // Lets go of the stream, wherever the request is.
  void leave();
  void read_one();
  void read_all();

  [[nodiscard]] ClientPhase phase() const { return phase_; }
  [[nodiscard]] bool ended() const {
    return phase_ != ClientPhase::kWaiting && phase_ != ClientPhase::kReading;
  }
  [[nodiscard]] bool was_accepted() const { return was_accepted_; }
  [[nodiscard]] const std::vector<Told>& told() const { return told_; }
  // Of all choices.
  [[nodiscard]] std::uint32_t n_tokens() const;
  [[nodiscard]] const Error& error() const { return error_; }

  // The phase and all that is known, for a person.
  [[nodiscard]] std::string describe() const;

 private:
  static boost::asio::awaitable<void> live(std::shared_ptr<Client> self);
  void take(gateway::StreamEvent event);
  void fail_with(Error error);

  std::optional<gateway::TokenStream> stream_;
  ClientPhase phase_ = ClientPhase::kWaiting;
  bool was_accepted_ = false;
  bool left_ = false;
  std::uint32_t n_reads_allowed_ = 0;
  bool reads_held_ = false;
  gateway::Wakeup may_read_;
  std::vector<Told> told_;  // by choice
  Error error_;
};

}  // namespace minerva::scenario
