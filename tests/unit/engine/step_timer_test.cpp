#include "engine/step_timer.h"

#include <gtest/gtest.h>

namespace minerva::engine {
namespace {

using Time = StepTimer::Time;

// One step: 10 µs to plan, 30 to draft, 100 to compute, 5 to sample.
void step(StepTimer& timer, Time begin, bool with_prompt) {
  timer.begin(begin);
  timer.planned(begin + Time{6});
  timer.drafted(begin + Time{36});
  timer.planned(begin + Time{40});
  timer.computed(begin + Time{140});
  timer.end(begin + Time{145}, with_prompt);
}

TEST(StepTimer, GivesEachPhaseItsTimeAndEachKindOfStepItsOwn) {
  StepTimer timer;
  step(timer, Time{1000}, true);
  timer.rest();
  step(timer, Time{5000}, false);
  timer.rest();
  for (const wire::StepTimes& times : {timer.prompt_steps(), timer.decode_steps()}) {
    EXPECT_EQ(times.n_steps, 1U);
    EXPECT_EQ(times.plan_us, 10U);
    EXPECT_EQ(times.draft_us, 30U);
    EXPECT_EQ(times.compute_us, 100U);
    EXPECT_EQ(times.sample_us, 5U);
    EXPECT_EQ(times.report_us, 0U);
  }
}

TEST(StepTimer, CountsTheTimeUntilTheNextStepAsTheReportingOfTheLast) {
  StepTimer timer;
  step(timer, Time{1000}, true);
  step(timer, Time{1000 + 145 + 7}, false);
  EXPECT_EQ(timer.prompt_steps().report_us, 7U);
  EXPECT_EQ(timer.decode_steps().report_us, 0U);
}

TEST(StepTimer, CountsNoTimeInWhichNothingIsToDo) {
  StepTimer timer;
  step(timer, Time{1000}, false);
  timer.rest();
  step(timer, Time{9000}, false);
  EXPECT_EQ(timer.decode_steps().n_steps, 2U);
  EXPECT_EQ(timer.decode_steps().report_us, 0U);
}

TEST(StepTimer, AddsUpTheAttemptsOfAStepThatDidNotFitAtFirst) {
  StepTimer timer;
  timer.begin(Time{0});
  timer.planned(Time{10});
  timer.computed(Time{11});
  timer.planned(Time{15});
  timer.computed(Time{45});
  timer.end(Time{50}, false);
  EXPECT_EQ(timer.decode_steps().plan_us, 14U);
  EXPECT_EQ(timer.decode_steps().compute_us, 31U);
  EXPECT_EQ(timer.decode_steps().sample_us, 5U);
}

TEST(StepTimer, ForgetsAStepThatCameToNothing) {
  StepTimer timer;
  timer.begin(Time{0});
  timer.planned(Time{10});
  timer.computed(Time{500});
  step(timer, Time{1000}, true);
  EXPECT_EQ(timer.prompt_steps().n_steps, 1U);
  EXPECT_EQ(timer.prompt_steps().compute_us, 100U);
  EXPECT_EQ(timer.decode_steps().n_steps, 0U);
}

}  // namespace
}  // namespace minerva::engine
