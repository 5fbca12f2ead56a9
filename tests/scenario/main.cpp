// Plays one scenario: `play_scenario [--patience-ms N] FILE`. Exit status 0 when every line held.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "commands.h"
#include "scenario_line.h"
#include "stage.h"

namespace minerva::scenario {
namespace {

Outcome play(Stage& stage, std::istream& file, const std::string& name) {
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    const auto line = parse_line(number, text);
    if (!line) return std::unexpected(fmt::format("{}:{}: {}", name, number, line.error()));
    if (!*line) continue;
    if (const auto held = perform(stage, **line); !held) {
      return std::unexpected(fmt::format("{}:{}: {}\n  {}", name, number, held.error(), text));
    }
  }
  if (const auto held = stage.finish(); !held)
    return std::unexpected(fmt::format("{}: at the end: {}", name, held.error()));
  return {};
}

int play_file(const std::string& name, std::chrono::milliseconds patience) {
  std::ifstream file{name};
  if (!file) {
    fmt::print(stderr, "{}: cannot be read\n", name);
    return 2;
  }
  Stage stage{patience};
  const auto held = play(stage, file, name);
  if (!held) fmt::print(stderr, "{}\n", held.error());
  return held ? 0 : 1;
}

}  // namespace
}  // namespace minerva::scenario

int main(int argc, char** argv) {
  using minerva::scenario::parse_number;
  const bool patience_given = argc == 4 && std::string_view{argv[1]} == "--patience-ms";
  const auto patience_ms = patience_given ? parse_number(argv[2]) : std::optional{20'000U};
  if ((argc != 2 && !patience_given) || !patience_ms) {
    fmt::print(stderr, "usage: play_scenario [--patience-ms N] FILE\n");
    return 2;
  }
  minerva::log::configure(minerva::log::Level::kDebug, "");
  return minerva::scenario::play_file(argv[argc - 1], std::chrono::milliseconds{*patience_ms});
}
