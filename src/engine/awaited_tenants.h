#pragma once
// Who may come while a step runs. A request that finds a step under way waits for its end, and it is another tenant's prompt that
// makes a step long; so a step is kept short by the prompts that those tenants send which were here lately.
//
// Pure; a value of one owner. Time is the time spent in steps: nobody is forgotten while the machine rests.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace minerva::engine {

class AwaitedTenants {
 public:
  using Time = std::chrono::microseconds;

  // A tenant that sent nothing for so long is no longer awaited.
  static constexpr Time kRemembered = std::chrono::seconds{60};

  // A prompt of this tenant with so many tokens to compute begins.
  void note_prompt(std::uint32_t tenant, std::uint32_t n_tokens);

  void pass(Time step);

  // Tokens of the shortest prompt to be expected from others than this tenant; nothing when nobody is awaited.
  [[nodiscard]] std::optional<std::uint32_t> shortest_prompt_beside(std::uint32_t tenant) const;

 private:
  struct Habit {
    double mean_tokens = 0;  // of its prompts, moving
    Time last_seen{0};
  };

  Time now_{0};
  std::map<std::uint32_t, Habit> habits_;  // no older than kRemembered
};

}  // namespace minerva::engine
