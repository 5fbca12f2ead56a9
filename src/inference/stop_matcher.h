#pragma once
// Stop strings in a stream of text. The text before a stop string is delivered, the stop string and what follows never;
// text is held back only while it may still become a stop string. Threads: a value of one owner.
//
// The stop that counts is the one that is complete first; of several that end at the same byte, the longest. So the
// result depends on the text alone, not on how it was cut into pieces.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minerva::inference {

class StopMatcher {
 public:
  // Empty strings never match.
  explicit StopMatcher(std::vector<std::string> stops);

  struct Outcome {
    std::string text;                 // to be delivered now
    std::optional<std::string> stop;  // set when a stop string is complete; nothing may be fed after it
  };
  [[nodiscard]] Outcome feed(std::string_view text);

  // The end of the text: what was held back in vain.
  [[nodiscard]] std::string finish();

 private:
  [[nodiscard]] std::size_t possible_beginning() const;

  std::vector<std::string> stops_;
  std::string held_;
};

}  // namespace minerva::inference
