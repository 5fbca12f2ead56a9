#include "cli/drill/drill.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <format>
#include <optional>
#include <thread>
#include <utility>

namespace minerva::cli {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// First numbers of the streams' counts. Any model can count, and the demo model gets it right to the last number.
constexpr std::array kFirstNumbers{3, 21, 34, 47};
constexpr int kNumbers = 100;
// A stream has so much of its answer when the fault strikes.
constexpr std::uint32_t kPiecesBefore = 6;
// More than a server ever waits before it ends a worker that hangs (gateway/patience.h), and the load of a large model.
constexpr milliseconds kDeadline{300'000};
constexpr milliseconds kStandbyDeadline{30'000};
constexpr milliseconds kLookPause{20};

std::vector<std::string> count_prompts() {
  std::vector<std::string> prompts;
  prompts.reserve(kFirstNumbers.size());
  for (const int first : kFirstNumbers)
    prompts.push_back(fmt::format("Count from {} to {}", first, first + kNumbers));
  return prompts;
}

std::string utc_now() {
  return std::format("{:%FT%TZ}", std::chrono::floor<milliseconds>(std::chrono::system_clock::now()));
}

std::unexpected<Error> interrupted() { return fail(ErrorCode::kCancelled, "the drill was interrupted"); }

// A worker that was stopped runs on when this ends; one that is gone by then is not there to be told.
class NeverLeftStopped {
 public:
  explicit NeverLeftStopped(int pid) : pid_(pid) {}
  ~NeverLeftStopped() { std::ignore = DrilledServer::strike(pid_, SIGCONT); }
  NeverLeftStopped(const NeverLeftStopped&) = delete;
  NeverLeftStopped& operator=(const NeverLeftStopped&) = delete;

 private:
  int pid_;
};

}  // namespace

Drill::Drill(DrilledServer server, std::uint32_t max_tokens, std::stop_token stop,
             std::function<void(std::string_view)> tell)
    : server_(std::move(server)),
      chat_(server_.chat(max_tokens)),
      stop_(std::move(stop)),
      tell_(std::move(tell)),
      prompts_(count_prompts()) {
  chat_.server.read_timeout = kDeadline;
}

Result<DrillReport> Drill::run() {
  const auto begin = server_.check();
  if (!begin) return std::unexpected(begin.error());
  DrillReport report{.model = begin->model, .n_streams = static_cast<std::uint32_t>(prompts_.size())};
  if (const Status learnt = learn_answers(report); !learnt) return std::unexpected(learnt.error());
  for (const DrillFaultKind& fault : drill_faults()) {
    tell_(fault.name);
    auto outcome = inject(fault);
    if (!outcome) return std::unexpected(outcome.error());
    report.outcomes.push_back(*std::move(outcome));
  }
  const auto end = server_.health();
  if (!end) return std::unexpected(end.error());
  report.rung = end->rung;
  report.placement = end->placement;
  return report;
}

// Once all at once, once one after the other: where the answer depends on what is computed beside it, nothing can be said of
// an answer that is different.
Status Drill::learn_answers(DrillReport& report) {
  tell_("undisturbed");
  const auto together = answers(prompts_, report);
  if (!together) return std::unexpected(together.error());
  for (std::size_t i = 0; i < prompts_.size(); ++i) {
    const auto alone = answers({prompts_[i]}, report);
    if (!alone) return std::unexpected(alone.error());
    if (alone->front() == (*together)[i] && !alone->front().empty()) known_[prompts_[i]] = alone->front();
  }
  if (!known_.empty()) return {};
  return fail(ErrorCode::kInvalidConfiguration,
              "no prompt had the same answer twice without any fault, so that answers with faults cannot be "
              "compared with any: this model's answers depend on what is computed beside them");
}

Result<std::vector<std::string>> Drill::answers(const std::vector<std::string>& prompts,
                                                DrillReport& report) const {
  std::vector<std::string> texts;
  for (StreamSeen& seen : DrillStreams{chat_, prompts, stop_}.finish()) {
    if (stop_.stop_requested()) return interrupted();
    if (seen.failure) return std::unexpected(*seen.failure);
    report.undisturbed_pause = std::max(report.undisturbed_pause, seen.longest_gap);
    texts.push_back(std::move(seen.text));
  }
  return texts;
}

Result<FaultOutcome> Drill::inject(const DrillFaultKind& fault) {
  const auto before = server_.check();
  if (!before) return std::unexpected(before.error());
  FaultOutcome outcome{.fault = std::string{fault.name}, .what = std::string{fault.what}};
  DrillStreams streams(chat_, prompts_, stop_);
  if (!streams.wait_for_pieces(kPiecesBefore)) return interrupted();
  const std::string struck = utc_now();
  outcome.n_streams = streams.n_running();
  if (outcome.n_streams == 0) {
    judge(outcome, streams.finish());
    outcome.trouble = "all answers had ended before the fault: make them longer with --tokens";
    return outcome;
  }
  const NeverLeftStopped guard{before->worker_pid};
  if (const Status done = DrilledServer::strike(before->worker_pid, fault.signal); !done)
    return std::unexpected(done.error());
  judge(outcome, streams.finish());
  see_recovery(outcome, before->worker_pid, struck);
  if (stop_.stop_requested()) return interrupted();
  return outcome;
}

void Drill::judge(FaultOutcome& outcome, const std::vector<StreamSeen>& seen) const {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    outcome.longest_pause = std::max(outcome.longest_pause, seen[i].longest_gap);
    if (seen[i].failure)
      outcome.failures.push_back(fmt::format("{}: {}", prompts_[i], minerva::to_string(*seen[i].failure)));
    const auto known = known_.find(prompts_[i]);
    if (known == known_.end()) continue;
    ++outcome.n_compared;
    if (seen[i].text == known->second) continue;
    ++outcome.n_different;
    outcome.differences.push_back(
        fmt::format("{}: {}", prompts_[i], first_difference(seen[i].text, known->second)));
    const WordsSeen words = compare_words(seen[i].text, known->second);
    outcome.words.n_lost += words.n_lost;
    outcome.words.n_duplicated += words.n_duplicated;
  }
}

// The next worker is ready, and the standby where one is wanted and comes in time: the next fault is a new one.
void Drill::see_recovery(FaultOutcome& outcome, int dead_pid, const std::string& struck) {
  const auto begin = Clock::now();
  std::string last = "the server says nothing";
  while (!stop_.stop_requested()) {
    const auto now = server_.health();
    const auto waited = Clock::now() - begin;
    const bool is_next = now && now->ready && now->worker_pid != 0 && now->worker_pid != dead_pid;
    if (is_next && (!now->awaits_standby || waited > kStandbyDeadline)) {
      for (const ServerEvent& event : now->events) {
        if (event.time >= struck) outcome.events.push_back(event);
      }
      return;
    }
    if (now) {
      last = now->worker_pid == dead_pid ? "the worker took no notice of the fault"
                                         : fmt::format("the server's state is '{}'", now->status);
    } else {
      last = now.error().message;
    }
    if (waited > kDeadline) {
      outcome.trouble =
          fmt::format("no other worker was ready after {} s: {}", kDeadline.count() / 1000, last);
      return;
    }
    std::this_thread::sleep_for(kLookPause);
  }
}

}  // namespace minerva::cli
