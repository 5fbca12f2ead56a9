#pragma once
// One line of a scenario: words and options. See README.md.

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minerva::scenario {

// What went wrong, for the person who reads the scenario.
using Outcome = std::expected<void, std::string>;

struct Line {
  int number = 0;
  std::string text;  // as it stands in the file
  std::vector<std::string> words;
  std::map<std::string, std::string> options;  // key=value

  // The word at this place, or an empty one.
  [[nodiscard]] std::string word(std::size_t at) const {
    return at < words.size() ? words[at] : std::string{};
  }
  [[nodiscard]] std::optional<std::string> option(const std::string& key) const;
  [[nodiscard]] std::uint32_t number_option(const std::string& key, std::uint32_t otherwise) const;
};

// Nothing for an empty line or a comment; an error for a quote that never ends.
[[nodiscard]] std::expected<std::optional<Line>, std::string> parse_line(int number, std::string_view text);

// "3", "120": nothing for anything else.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text);

}  // namespace minerva::scenario
