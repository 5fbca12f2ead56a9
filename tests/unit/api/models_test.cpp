#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/openai/models_handler.h"

namespace minerva::api::openai {
namespace {

TEST(Models, AreListedByTheirAliasBeforeTheyAreLoaded) {
  gateway::GatewayStatus status;
  status.model_name = "demo";
  EXPECT_EQ(to_text(model_json(status, 7)),
            R"({"id":"demo","object":"model","created":7,"owned_by":"minerva"})");
}

TEST(Models, TellTheirFactsOnceTheyAreLoaded) {
  gateway::GatewayStatus status;
  status.model_name = "demo";
  status.card = wire::ModelCard{};
  status.card->n_ctx_train = 4096;
  status.card->n_parameters = 258'000'000;
  const Json meta = model_json(status, 7)["meta"];
  EXPECT_EQ(meta["n_ctx_train"], 4096);
  EXPECT_EQ(meta["n_params"], 258'000'000);
}

}  // namespace
}  // namespace minerva::api::openai
