#pragma once
// A regular expression that waits for its match in a text that grows.
//
// All ways to match are followed at once (Thompson, "Regular Expression Search Algorithm", CACM 11/6, 1968; with the places
// of groups as in Pike's "sam"), so a byte costs at most a step of work for each step of the pattern, whatever the pattern
// and however long the text. A matcher that goes back, as std::regex, may take exponential time, its stack grows with the
// text, and it has to read the whole text again after each token. The worker is everybody's, and the pattern is a stranger's.
//
// Threads: a value of one owner.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "inference/pattern_program.h"

namespace minerva::inference {

class TriggerPattern {
 public:
  explicit TriggerPattern(PatternProgram program);

  // The text goes on with this. When a match is in it now: where the first group that holds anything begins, counted in
  // bytes of the whole text, or the match if none does. The match is the one that a search of the text so far finds: the
  // leftmost, and of those the one that ECMAScript prefers. After a match nothing more may be fed.
  [[nodiscard]] std::optional<std::size_t> feed(std::string_view text);

 private:
  // A way to match so far: where it stands, and the places it noted.
  struct Thread {
    std::uint32_t step = 0;
    std::vector<std::size_t> places;
  };

  enum class Next : std::uint8_t { kWordByte, kOtherByte, kEnd };

  void follow(std::uint32_t step, std::vector<std::size_t>& places, Next next, std::vector<Thread>& reached);
  [[nodiscard]] bool holds(PatternStep::Kind assertion, Next next) const;
  [[nodiscard]] std::vector<Thread> reach(Next next);
  void consume(unsigned char byte);
  [[nodiscard]] std::size_t start_of_match() const;

  PatternProgram program_;
  std::vector<Thread> threads_;  // before the assertions of the place at hand, in order of preference
  std::vector<std::uint64_t> visited_;
  std::uint64_t round_ = 0;
  std::size_t n_read_ = 0;
  bool after_word_byte_ = false;
  bool cut_ = false;  // a match was reached: ways that are less preferred are over
  std::optional<std::vector<std::size_t>> match_;
};

}  // namespace minerva::inference
