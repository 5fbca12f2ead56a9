#include "scenario_line.h"

#include <charconv>

namespace minerva::scenario {
namespace {

struct Cursor {
  std::string_view rest;

  void skip_blanks() {
    while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
  }

  // A quoted text with \" and \n, the quote being the next character. Nothing when it never ends.
  std::optional<std::string> quoted() {
    rest.remove_prefix(1);
    std::string text;
    while (!rest.empty() && rest.front() != '"') {
      if (rest.starts_with("\\n")) {
        text += '\n';
        rest.remove_prefix(2);
      } else {
        if (rest.starts_with('\\') && rest.size() > 1) rest.remove_prefix(1);
        text += rest.front();
        rest.remove_prefix(1);
      }
    }
    if (rest.empty()) return std::nullopt;
    rest.remove_prefix(1);
    return text;
  }

  std::string bare(std::string_view ends) {
    const std::size_t n = std::min(rest.find_first_of(ends), rest.size());
    std::string text{rest.substr(0, n)};
    rest.remove_prefix(n);
    return text;
  }
};

}  // namespace

std::optional<std::string> Line::option(const std::string& key) const {
  const auto found = options.find(key);
  return found == options.end() ? std::nullopt : std::optional{found->second};
}

std::uint32_t Line::number_option(const std::string& key, std::uint32_t otherwise) const {
  const auto given = option(key);
  return given ? parse_number(*given).value_or(otherwise) : otherwise;
}

std::expected<std::optional<Line>, std::string> parse_line(int number, std::string_view text) {
  Line line{.number = number, .text = std::string{text}, .words = {}, .options = {}};
  Cursor cursor{text};
  for (cursor.skip_blanks(); !cursor.rest.empty() && cursor.rest.front() != '#'; cursor.skip_blanks()) {
    std::string word;
    bool is_option = false;
    if (cursor.rest.front() != '"') {
      word = cursor.bare(" \t=\"");
      is_option = cursor.rest.starts_with('=');
      if (is_option) cursor.rest.remove_prefix(1);
    }
    std::string value;
    if (cursor.rest.starts_with('"')) {
      auto quoted = cursor.quoted();
      if (!quoted) return std::unexpected("a quote that never ends");
      value = std::move(*quoted);
    } else if (is_option) {
      value = cursor.bare(" \t");
    }
    if (is_option) {
      line.options.emplace(std::move(word), std::move(value));
    } else {
      line.words.push_back(word.empty() ? std::move(value) : std::move(word));
    }
  }
  if (line.words.empty() && line.options.empty()) return std::nullopt;
  return line;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace minerva::scenario
