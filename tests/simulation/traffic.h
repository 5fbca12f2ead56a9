#pragma once
// Clients that ask, think and ask again: about documents that many ask about, in conversations, or about something of their own.
// Everything depends on the seed and on what is told; a value of one owner.

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "wire/types.h"

namespace minerva::simulation {

using Time = std::chrono::microseconds;

struct TrafficOptions {
  std::uint32_t n_clients = 10;
  std::uint32_t n_context = 256;  // what a sequence may hold
  Time mean_pause{20'000};        // between an answer and the client's next request
  std::uint32_t longest_answer = 40;
  std::uint32_t cancelled_in = 10;  // one request in so many is left by its client; 0: none
  std::uint32_t flawed_in = 100;    // one in so many is empty, too long or has bad parameters; 0: none
  bool has_tenants = true;
  bool has_priorities = false;
};

struct Request {
  wire::GenerationSpec spec;
  std::vector<wire::Token> prompt;
  std::optional<Time> leaves;  // when its client is gone, unless it has its answer
  bool is_flawed = false;      // and is to be refused
};

class Traffic {
 public:
  Traffic(TrafficOptions options, std::uint64_t seed);

  // A request whose time has come; each once.
  [[nodiscard]] std::optional<Request> next(Time now);

  // When the next one comes, as far as is known now; nothing while every client waits for an answer.
  [[nodiscard]] std::optional<Time> next_at() const;

  // Its client thinks, and asks again: on about these tokens (prompt and answer), or about something else.
  void ended(std::uint64_t id, std::span<const wire::Token> tokens, Time now);

 private:
  struct Client {
    std::optional<Time> asks_at;  // nothing while it waits for an answer
    std::uint64_t waits_for = 0;
    std::vector<wire::Token> so_far;  // the conversation, if it goes on
  };

  [[nodiscard]] std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  [[nodiscard]] bool one_in(std::uint32_t n) { return n > 0 && below(n) == 0; }
  [[nodiscard]] std::vector<wire::Token> words(std::uint32_t n);
  [[nodiscard]] Time pause();
  [[nodiscard]] std::vector<wire::Token> prompt_of(Client& client);
  void spoil(Request& request);

  TrafficOptions options_;
  std::mt19937_64 random_;
  std::vector<std::vector<wire::Token>> documents_;
  std::vector<Client> clients_;
  std::uint64_t last_id_ = 0;
};

}  // namespace minerva::simulation
