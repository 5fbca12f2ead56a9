#pragma once
// minerva drill: each fault in turn strikes the server's worker while streams run whose answers are known from an undisturbed
// run, and what the clients saw is noted.
//
// Threads: one; the stop token may be triggered from any. Whatever ends a drill, no process stays stopped.

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/drill/drill_faults.h"
#include "cli/drill/drill_report.h"
#include "cli/drill/drill_streams.h"
#include "cli/drill/drilled_server.h"

namespace minerva::cli {

class Drill {
 public:
  // Longest answer of a stream, in tokens: long enough to be struck in its middle.
  static constexpr std::uint32_t kUsualTokens = 160;

  Drill(DrilledServer server, std::uint32_t max_tokens, std::stop_token stop,
        std::function<void(std::string_view)> tell);

  // kCancelled when it was stopped; what DrilledServer::check() refuses; the error of a stream that fails without any fault.
  [[nodiscard]] Result<DrillReport> run();

 private:
  [[nodiscard]] Status learn_answers(DrillReport& report);
  [[nodiscard]] Result<std::vector<std::string>> answers(const std::vector<std::string>& prompts,
                                                         DrillReport& report) const;
  [[nodiscard]] Result<FaultOutcome> inject(const DrillFaultKind& fault);
  void judge(FaultOutcome& outcome, const std::vector<StreamSeen>& seen) const;
  void see_recovery(FaultOutcome& outcome, int dead_pid, const std::string& struck);

  DrilledServer server_;
  ChatOptions chat_;
  std::stop_token stop_;
  std::function<void(std::string_view)> tell_;
  std::vector<std::string> prompts_;
  std::map<std::string, std::string> known_;  // prompt to answer, where that was the same twice
};

}  // namespace minerva::cli
