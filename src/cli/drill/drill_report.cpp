#include "cli/drill/drill_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace minerva::cli {
namespace {

std::map<std::string_view, int> word_counts(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::map<std::string_view, int> counts;
  for (std::size_t at = 0; (at = text.find_first_not_of(kBlanks, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    ++counts[text.substr(at, end - at)];
    at = end;
  }
  return counts;
}

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

std::string verdict_of(const FaultOutcome& outcome) { return outcome.survived() ? "survived" : "FAILED"; }

void add_details(std::string& text, const FaultOutcome& outcome) {
  text += fmt::format("\n{}: {}\n", outcome.fault, outcome.what);
  for (const ServerEvent& event : outcome.events) text += fmt::format("  {}\n", event.what);
  for (const std::string& failure : outcome.failures) text += fmt::format("  FAILED request: {}\n", failure);
  for (const std::string& difference : outcome.differences)
    text += fmt::format("  DIFFERENT: {}\n", difference);
  if (!outcome.trouble.empty()) text += fmt::format("  FAILED: {}\n", outcome.trouble);
}

}  // namespace

WordsSeen compare_words(std::string_view got, std::string_view wanted) {
  std::map<std::string_view, int> balance = word_counts(got);
  for (const auto& [word, n] : word_counts(wanted)) balance[word] -= n;
  WordsSeen seen;
  for (const auto& [word, n] : balance) {
    seen.n_lost += static_cast<std::uint32_t>(std::max(0, -n));
    seen.n_duplicated += static_cast<std::uint32_t>(std::max(0, n));
  }
  return seen;
}

std::string first_difference(std::string_view got, std::string_view wanted) {
  constexpr std::size_t kShown = 40;  // bytes
  const auto [at, _] = std::ranges::mismatch(got, wanted);
  const auto same = static_cast<std::size_t>(at - got.begin());
  const std::size_t begin = same - std::min(same, kShown / 2);
  std::string sentence = utf8::sanitize(
      fmt::format("'…{}' instead of '…{}'", got.substr(begin, kShown), wanted.substr(begin, kShown)));
  std::ranges::replace(sentence, '\n', ' ');
  return sentence;
}

bool DrillReport::survived() const {
  return !outcomes.empty() && std::ranges::all_of(outcomes, &FaultOutcome::survived);
}

std::string drill_text(const DrillReport& report) {
  std::string text = fmt::format("{}, {} streams at once; the longest pause without a fault is {:.2f} s\n\n",
                                 report.model, report.n_streams, seconds(report.undisturbed_pause));
  text += fmt::format("{:<14} {:>7} {:>8} {:>5} {:>7} {:>9} {:>6} {:>8}  {}\n", "fault", "streams",
                      "compared", "lost", "doubled", "different", "failed", "pause", "verdict");
  for (const FaultOutcome& outcome : report.outcomes) {
    text += fmt::format("{:<14} {:>7} {:>8} {:>5} {:>7} {:>9} {:>6} {:>6.2f} s  {}\n", outcome.fault,
                        outcome.n_streams, outcome.n_compared, outcome.words.n_lost,
                        outcome.words.n_duplicated, outcome.n_different, outcome.failures.size(),
                        seconds(outcome.longest_pause), verdict_of(outcome));
  }
  for (const FaultOutcome& outcome : report.outcomes) add_details(text, outcome);
  if (report.rung > 0) {
    text += fmt::format(
        "\nThe model is on rung {} of smaller placements now: {}\nIt is loaded as asked again when the "
        "server "
        "has been idle for a while (docs/recovery.md).\n",
        report.rung, report.placement);
  }
  return text + (report.survived() ? "\nAll faults were survived.\n"
                                   : "\nNot all faults were survived: see above, and the server's log.\n");
}

std::string drill_json(const DrillReport& report) {
  using Json = nlohmann::ordered_json;
  Json faults = Json::array();
  for (const FaultOutcome& outcome : report.outcomes) {
    Json events = Json::array();
    for (const ServerEvent& event : outcome.events)
      events.push_back({{"time", event.time}, {"event", event.kind}, {"what", event.what}});
    faults.push_back({{"fault", outcome.fault},
                      {"streams", outcome.n_streams},
                      {"compared", outcome.n_compared},
                      {"words_lost", outcome.words.n_lost},
                      {"words_duplicated", outcome.words.n_duplicated},
                      {"different", outcome.n_different},
                      {"differences", outcome.differences},
                      {"failed", outcome.failures},
                      {"longest_pause_s", seconds(outcome.longest_pause)},
                      {"events", std::move(events)},
                      {"trouble", outcome.trouble},
                      {"survived", outcome.survived()}});
  }
  const Json whole = {{"model", report.model},
                      {"streams", report.n_streams},
                      {"undisturbed_pause_s", seconds(report.undisturbed_pause)},
                      {"faults", std::move(faults)},
                      {"rung", report.rung},
                      {"placement", report.placement},
                      {"survived", report.survived()}};
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace minerva::cli
