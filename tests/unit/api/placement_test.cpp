#include "api/placement.h"

#include <gtest/gtest.h>

namespace minerva::api {
namespace {

wire::ModelCard card(std::uint32_t n_gpu_layers, std::uint32_t rung) {
  wire::ModelCard card;
  card.n_layers = 32;
  card.n_gpu_layers = n_gpu_layers;
  card.rung = rung;
  card.memory = {{.device = "CPU", .weights_bytes = 100, .kv_bytes = 20, .compute_bytes = 3},
                 {.device = "Vulkan0", .weights_bytes = 1000, .kv_bytes = 200, .compute_bytes = 30},
                 {.device = "Vulkan1", .weights_bytes = 1000, .kv_bytes = 200, .compute_bytes = 30}};
  return card;
}

TEST(Placement, IsToldInFewWords) {
  EXPECT_EQ(placement_text(card(0, 0)), "cpu");
  EXPECT_EQ(placement_text(card(33, 0)), "gpu");
  EXPECT_EQ(placement_text(card(12, 0)), "12/33 layers on Vulkan0, Vulkan1");
}

TEST(Placement, HeadersTellAFallbackOnlyWhereThereIsOne) {
  EXPECT_EQ(placement_headers(card(33, 0)), (http::Headers{{"X-Minerva-Placement", "gpu"}}));
  EXPECT_EQ(placement_headers(card(0, 8), 2), (http::Headers{{"X-Minerva-Placement", "cpu"},
                                                             {"X-Minerva-Fallback", "rung 8"},
                                                             {"X-Minerva-Recoveries", "2"}}));
  EXPECT_TRUE(placement_headers(std::nullopt).empty());
}

}  // namespace
}  // namespace minerva::api
