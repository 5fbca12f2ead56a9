#include "api/native/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace minerva::api::native {
namespace {

using gateway::GatewayStatus;
using gateway::WorkerState;
using ::testing::HasSubstr;

GatewayStatus serving() {
  GatewayStatus status;
  status.worker = WorkerState::kReady;
  status.load_fraction = 1.0F;
  status.model_name = "demo";
  status.card = wire::ModelCard{};
  return status;
}

ErrorCode obstacle(const GatewayStatus& status) {
  const Status ready = readiness(status);
  EXPECT_FALSE(ready.has_value());
  return ready ? ErrorCode::kInternal : ready.error().code;
}

TEST(Health, IsReadyAndOkWhileTheWorkerServes) {
  EXPECT_TRUE(readiness(serving()).has_value());
  EXPECT_EQ(health_word(serving()), "ok");
}

TEST(Health, IsLoadingWithAFractionUntilTheFirstModelIsThere) {
  GatewayStatus status = serving();
  status.worker = WorkerState::kLoading;
  status.load_fraction = 0.25F;
  status.card.reset();
  EXPECT_EQ(obstacle(status), ErrorCode::kNotReady);
  EXPECT_THAT(readiness(status).error().message, HasSubstr("25 %"));
  EXPECT_EQ(readiness(status).error().retry_after_s, 1U);
  EXPECT_EQ(health_word(status), "loading");
  const Json body = health_json(status, std::chrono::seconds(3));
  EXPECT_EQ(body["worker"]["state"], "loading");
  EXPECT_EQ(body["worker"]["load_fraction"], 0.25);
  EXPECT_FALSE(body["model"].contains("architecture"));
}

TEST(Health, IsDegradedWhileADeadWorkerIsReplacedAndOkAfterwards) {
  GatewayStatus status = serving();
  status.n_restarts = 1;
  status.last_error = Error{.code = ErrorCode::kWorkerCrashed, .message = "signal 9 (Killed)", .field = {}};
  for (const WorkerState state : {WorkerState::kRestarting, WorkerState::kStarting, WorkerState::kLoading}) {
    status.worker = state;
    EXPECT_EQ(obstacle(status), ErrorCode::kNotReady);
    EXPECT_EQ(health_word(status), "degraded");
  }
  status.worker = WorkerState::kReady;
  EXPECT_EQ(health_word(status), "ok");
  const Json body = health_json(status, std::chrono::seconds(3));
  EXPECT_EQ(body["worker"]["restarts"], 1);
  EXPECT_EQ(body["worker"]["last_error"]["code"], "worker_crashed");
}

TEST(Health, IsFailedWithTheReasonWhenNothingWillBeTriedAgain) {
  GatewayStatus status = serving();
  status.worker = WorkerState::kFailed;
  status.last_error = Error{.code = ErrorCode::kModelInvalid, .message = "not a GGUF", .field = {}};
  EXPECT_EQ(obstacle(status), ErrorCode::kModelInvalid);
  EXPECT_EQ(health_word(status), "failed");
}

TEST(Health, IsNotReadyWhileDraining) {
  GatewayStatus status = serving();
  status.draining = true;
  EXPECT_EQ(obstacle(status), ErrorCode::kShuttingDown);
  EXPECT_EQ(health_word(status), "draining");
}

TEST(Health, TakesASilentWorkerForStuckOnlyWhileItOwesWork) {
  GatewayStatus status = serving();
  status.since_last_report = std::chrono::milliseconds(301);
  EXPECT_TRUE(readiness(status).has_value());
  status.patience = std::chrono::milliseconds(600);
  EXPECT_EQ(obstacle(status), ErrorCode::kWorkerHung);
  EXPECT_EQ(health_word(status), "degraded");
  status.since_last_report = std::chrono::milliseconds(300);
  EXPECT_TRUE(readiness(status).has_value());
}

TEST(Health, ShowsPlacementAndMemoryByDevice) {
  GatewayStatus status = serving();
  status.card->architecture = "llama";
  status.card->placement = "all on the CPU";
  status.card->memory = {{.device = "CPU", .weights_bytes = 5, .kv_bytes = 6, .compute_bytes = 7}};
  status.engine.n_running = 2;
  const Json body = health_json(status, std::chrono::seconds(90));
  EXPECT_EQ(body["status"], "ok");
  EXPECT_EQ(body["ready"], true);
  EXPECT_EQ(body["uptime_s"], 90);
  EXPECT_EQ(body["model"]["placement"], "all on the CPU");
  EXPECT_EQ(body["model"]["memory"]["CPU"]["kv_bytes"], 6);
  EXPECT_EQ(body["engine"]["n_running"], 2);
  EXPECT_EQ(body["model"]["draft"], nullptr);
}

TEST(Health, ShowsTheDraftModel) {
  GatewayStatus status = serving();
  auto& draft = status.card->draft.emplace();
  draft.name = "Small";
  draft.placement = "there";
  draft.memory = {{.device = "CPU", .weights_bytes = 5}};
  const Json body = health_json(status, std::chrono::seconds(90));
  EXPECT_EQ(body["model"]["draft"]["title"], "Small");
  EXPECT_EQ(body["model"]["draft"]["placement"], "there");
  EXPECT_EQ(body["model"]["draft"]["memory"]["CPU"]["weights_bytes"], 5);
}

}  // namespace
}  // namespace minerva::api::native
