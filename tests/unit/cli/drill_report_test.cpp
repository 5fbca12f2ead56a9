#include "cli/drill/drill_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace minerva::cli {
namespace {

FaultOutcome survived_one() {
  return {.fault = "kill",
          .what = "the process is killed",
          .n_streams = 4,
          .n_compared = 3,
          .longest_pause = std::chrono::milliseconds{1234},
          .events = {{.time = "2026-01-01T00:00:00.000Z", .kind = "worker_died", .what = "worker 7 ended"}}};
}

DrillReport report_of(FaultOutcome outcome) {
  return {.model = "m", .n_streams = 4, .outcomes = {std::move(outcome)}};
}

TEST(CompareWords, CountsWhatIsMissingAndWhatIsThereTooOften) {
  const WordsSeen same = compare_words("1 2  3\n", "3 1 2");
  EXPECT_EQ(same.n_lost + same.n_duplicated, 0U);
  const WordsSeen seen = compare_words("1 2 2 4", "1 2 3 4 5");
  EXPECT_EQ(seen.n_lost, 2U);
  EXPECT_EQ(seen.n_duplicated, 1U);
}

TEST(FirstDifference, ShowsAFewWordsOfBoth) {
  EXPECT_EQ(first_difference("1 2 3 4", "1 2 3 5"), "'…1 2 3 4' instead of '…1 2 3 5'");
  EXPECT_EQ(first_difference("1 2", "1 2 3"), "'…1 2' instead of '…1 2 3'");
}

TEST(DrillReport, SurvivedOnlyWhereNothingIsWrong) {
  EXPECT_TRUE(report_of(survived_one()).survived());
  EXPECT_FALSE(DrillReport{.model = "m"}.survived()) << "nothing was tried";
  for (auto spoil : {+[](FaultOutcome& o) { o.n_different = 1; },
                     +[](FaultOutcome& o) { o.failures = {"Count: worker_crashed"}; },
                     +[](FaultOutcome& o) { o.trouble = "no other worker was ready"; },
                     +[](FaultOutcome& o) { o.n_compared = 0; }}) {
    FaultOutcome outcome = survived_one();
    spoil(outcome);
    EXPECT_FALSE(report_of(outcome).survived());
  }
}

TEST(DrillReport, TheTableTellsEachFaultAndWhatTheServerDid) {
  const std::string text = drill_text(report_of(survived_one()));
  EXPECT_NE(text.find("kill                 4        3     0       0         0      0   1.23 s  survived\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("kill: the process is killed\n  worker 7 ended\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("rung"), std::string::npos);

  DrillReport fallen = report_of(survived_one());
  fallen.outcomes.front().trouble = "the worker took no notice";
  fallen.rung = 8;
  const std::string failed = drill_text(fallen);
  EXPECT_NE(failed.find("  FAILED: the worker took no notice\n"), std::string::npos) << failed;
  EXPECT_NE(failed.find("on rung 8 of smaller placements now"), std::string::npos) << failed;
  EXPECT_NE(failed.find("Not all faults were survived"), std::string::npos) << failed;
}

TEST(DrillReport, TheJsonSaysTheSame) {
  const auto json = nlohmann::json::parse(drill_json(report_of(survived_one())));
  EXPECT_EQ(json["survived"], true);
  EXPECT_EQ(json["faults"][0]["longest_pause_s"], 1.234);
  EXPECT_EQ(json["faults"][0]["events"][0]["event"], "worker_died");
}

}  // namespace
}  // namespace minerva::cli
