#include "gateway/worker_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

namespace minerva::gateway {
namespace {

using enum WorkerState;
using enum WorkerEvent;

constexpr std::array kStates{kStarting, kLoading, kReady, kRestarting, kFailed};
constexpr std::array kEvents{kGreeted, kLoaded, kDied, kGaveUp, kRetry};

TEST(WorkerStateTable, HoldsTheTransitionsOfTheDiagramAndNoOthers) {
  const std::set<std::tuple<WorkerState, WorkerEvent, WorkerState>> diagram{
      {kStarting, kGreeted, kLoading}, {kStarting, kDied, kRestarting},  {kStarting, kGaveUp, kFailed},
      {kLoading, kLoaded, kReady},     {kLoading, kDied, kRestarting},   {kLoading, kGaveUp, kFailed},
      {kReady, kDied, kRestarting},    {kRestarting, kRetry, kStarting}, {kRestarting, kGaveUp, kFailed},
      {kFailed, kRetry, kStarting},
  };
  std::set<std::tuple<WorkerState, WorkerEvent, WorkerState>> table;
  for (const WorkerState state : kStates) {
    for (const WorkerEvent event : kEvents) {
      if (const auto next = next_state(state, event)) table.emplace(state, event, *next);
    }
  }
  EXPECT_EQ(table, diagram);
}

TEST(WorkerStateTable, EveryStateHasItsOwnName) {
  std::set<std::string> names;
  for (const WorkerState state : kStates) names.emplace(to_string(state));
  EXPECT_EQ(names.size(), kStates.size());
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace minerva::gateway
