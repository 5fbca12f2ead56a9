#pragma once
// What the clients of a drill saw, as a table or as JSON.
//
// Threads: values and pure functions.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/drill/drilled_server.h"

namespace minerva::cli {

// Words of the answers against those of the undisturbed ones.
struct WordsSeen {
  std::uint32_t n_lost = 0;
  std::uint32_t n_duplicated = 0;
};

// How the answer differs: words that are missing, and words that are there too often.
[[nodiscard]] WordsSeen compare_words(std::string_view got, std::string_view wanted);

// Where the answer becomes another one: a few words from there on, of both.
[[nodiscard]] std::string first_difference(std::string_view got, std::string_view wanted);

struct FaultOutcome {
  std::string fault;
  std::string what;
  std::uint32_t n_streams = 0;   // that ran when it struck
  std::uint32_t n_compared = 0;  // of all, those whose answer is known
  WordsSeen words{};
  std::uint32_t n_different = 0;
  std::vector<std::string> differences{};  // a sentence each
  std::vector<std::string> failures{};     // of requests
  std::chrono::milliseconds longest_pause{0};
  std::vector<ServerEvent> events{};  // that the server noted
  std::string trouble{};              // why this says nothing, or what went wrong otherwise; empty: nothing

  [[nodiscard]] bool survived() const {
    return trouble.empty() && failures.empty() && n_different == 0 && n_compared > 0;
  }
};

struct DrillReport {
  std::string model;
  std::uint32_t n_streams = 0;
  std::chrono::milliseconds undisturbed_pause{0};  // the longest between two pieces without a fault
  std::vector<FaultOutcome> outcomes{};
  std::uint32_t rung = 0;  // of smaller placements, afterwards
  std::string placement{};

  [[nodiscard]] bool survived() const;
};

[[nodiscard]] std::string drill_text(const DrillReport& report);
[[nodiscard]] std::string drill_json(const DrillReport& report);

}  // namespace minerva::cli
