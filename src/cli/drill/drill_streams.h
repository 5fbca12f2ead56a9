#pragma once
// Clients that ask at the same time, each from a thread of its own, and what they saw.
//
// Threads: begin() and wait() from one; the streams' own threads touch nothing but what the mutex guards.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "cli/chat/chat_session.h"

namespace minerva::cli {

struct StreamSeen {
  using Clock = std::chrono::steady_clock;

  std::string text;
  std::uint32_t n_pieces = 0;  // that it came in
  bool ended = false;
  std::optional<Error> failure;
  Clock::time_point last_piece{};
  std::chrono::milliseconds longest_gap{0};  // between two pieces
};

class DrillStreams {
 public:
  // All begin at once.
  DrillStreams(const ChatOptions& chat, const std::vector<std::string>& prompts, const std::stop_token& stop);

  // Until each stream brought so many pieces or ended; false when it was stopped.
  [[nodiscard]] bool wait_for_pieces(std::uint32_t n_pieces);
  // How many still run.
  [[nodiscard]] std::uint32_t n_running();
  // Waits for all of them; in the order of the prompts.
  [[nodiscard]] std::vector<StreamSeen> finish();

 private:
  void ask(const ChatOptions& chat, std::size_t number, const std::string& prompt,
           const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<StreamSeen> seen_;
  std::stop_token stop_;
  std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace minerva::cli
