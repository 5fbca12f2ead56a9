#include "inference/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace minerva::inference {
namespace {

using testing::HasSubstr;
using wire::DeviceInfo;
using wire::DeviceKind;

constexpr std::uint64_t kMebibyte = 1024ULL * 1024;
constexpr std::uint64_t kGibibyte = 1024 * kMebibyte;

// 32 layers of 200 MiB, embeddings and output of 250 MiB, and KV of 16 MiB a layer in the shape below: about 7.3 GiB.
ModelFile model() {
  ModelFile model;
  model.architecture = "llama";
  model.n_layers = 32;
  model.n_embd = 4096;
  model.n_ff = 11008;
  model.n_vocab = 32000;
  model.input_bytes = 250 * kMebibyte;
  model.output_bytes = 250 * kMebibyte;
  model.layer_bytes.assign(32, 200 * kMebibyte);
  model.kv_bytes_per_layer = 2048;
  return model;
}
constexpr ContextShape kShape{.n_ctx = 8192, .n_parallel = 4, .n_batch = 512};

DeviceInfo gpu(std::string name, std::uint64_t free, std::uint64_t total, DeviceKind kind = DeviceKind::kGpu,
               std::string description = "A real GPU") {
  return {.name = std::move(name),
          .description = std::move(description),
          .backend = "Vulkan",
          .kind = kind,
          .memory_free_bytes = free,
          .memory_total_bytes = total};
}

TEST(Placement, RunsOnTheCpuWithoutAGpu) {
  const auto placement = choose_gpu_layers(model(), kShape, {}, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 0U);
  EXPECT_TRUE(placement.devices.empty());
  EXPECT_THAT(placement.sentence, HasSubstr("no GPU is in use"));
  EXPECT_GT(placement.host.value, 7 * kGibibyte);
  EXPECT_EQ(placement.gpu.value, 0U);
}

TEST(Placement, PutsEverythingOnAGpuThatHoldsIt) {
  const std::vector devices{gpu("CUDA0", 23 * kGibibyte, 24 * kGibibyte)};
  const auto placement = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 33U);
  EXPECT_THAT(placement.sentence, HasSubstr("all 32 layers and the output on CUDA0"));
  EXPECT_LT(placement.host.value, kGibibyte);
}

TEST(Placement, PutsOnAGpuWhatFits) {
  const std::vector devices{gpu("CUDA0", 4 * kGibibyte, 4 * kGibibyte)};
  const auto placement = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto);
  EXPECT_GT(placement.n_gpu_layers, 8U);
  EXPECT_LT(placement.n_gpu_layers, 16U);
  EXPECT_LE(placement.gpu.value, 4 * kGibibyte * 4 / 5);
  EXPECT_THAT(placement.sentence, HasSubstr("of 33 layers on CUDA0"));
}

TEST(Placement, StaysOnTheCpuWhenNotOneLayerFits) {
  const std::vector devices{gpu("CUDA0", 100 * kMebibyte, 24 * kGibibyte)};
  const auto placement = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 0U);
  EXPECT_THAT(placement.sentence, HasSubstr("not one layer fits"));
}

TEST(Placement, LeavesADeviceThatImitatesAGpuAlone) {
  const std::vector devices{
      gpu("Vulkan0", 20 * kGibibyte, 20 * kGibibyte, DeviceKind::kGpu, "llvmpipe (LLVM 21)")};
  const auto placement = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 0U);
  EXPECT_THAT(placement.sentence, HasSubstr("imitates"));
  EXPECT_EQ(choose_gpu_layers(model(), kShape, devices, true, wire::kGpuLayersAuto).n_gpu_layers, 33U);
}

TEST(Placement, TakesAnIntegratedGpuOnlyWhereThereIsNoOther) {
  const auto integrated = gpu("Vulkan1", 30 * kGibibyte, 32 * kGibibyte, DeviceKind::kIntegratedGpu);
  const auto discrete = gpu("Vulkan0", 23 * kGibibyte, 24 * kGibibyte);
  EXPECT_EQ(choose_gpu_layers(model(), kShape, std::vector{integrated}, false, wire::kGpuLayersAuto).devices,
            std::vector<std::string>{"Vulkan1"});
  EXPECT_EQ(choose_gpu_layers(model(), kShape, std::vector{integrated, discrete}, false, wire::kGpuLayersAuto)
                .devices,
            std::vector<std::string>{"Vulkan0"});
}

TEST(Placement, ObeysANumber) {
  const std::vector devices{gpu("CUDA0", kGibibyte, kGibibyte)};
  EXPECT_EQ(choose_gpu_layers(model(), kShape, devices, false, 0).n_gpu_layers, 0U);
  EXPECT_EQ(choose_gpu_layers(model(), kShape, devices, false, 20).n_gpu_layers, 20U);
  EXPECT_EQ(choose_gpu_layers(model(), kShape, devices, false, 1000).n_gpu_layers, 33U);
  EXPECT_EQ(choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAll).n_gpu_layers, 33U);
}

TEST(Placement, SpreadsOverSeveralGpus) {
  const std::vector devices{gpu("CUDA0", 5 * kGibibyte, 5 * kGibibyte),
                            gpu("CUDA1", 6 * kGibibyte, 6 * kGibibyte)};
  const auto placement = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 33U);
  EXPECT_THAT(placement.sentence, HasSubstr("CUDA0, CUDA1"));
}

TEST(Placement, LeavesADraftModelItsRoom) {
  const std::vector devices{gpu("CUDA0", 8 * kGibibyte, 10 * kGibibyte)};
  const auto alone = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto);
  const auto beside = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAuto,
                                        {.host = Bytes{kGibibyte}, .gpu = Bytes{2 * kGibibyte}});
  EXPECT_LT(beside.n_gpu_layers, alone.n_gpu_layers);
  EXPECT_GT(beside.n_gpu_layers, 0U);
  EXPECT_LE(beside.gpu.value, 8 * kGibibyte);  // the draft model's part counted
}

TEST(MemoryCheck, CountsADraftModel) {
  const auto placement = choose_gpu_layers(model(), kShape, {}, false, wire::kGpuLayersAuto,
                                           {.host = Bytes{kGibibyte}, .gpu = {}});
  EXPECT_TRUE(check_memory(placement, kShape, Bytes{9 * kGibibyte}, {}));
  const Status fits = check_memory(placement, kShape, Bytes{8 * kGibibyte}, {});
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("the model with its draft model needs about 8."));
}

TEST(MemoryCheck, RefusesWithTheNumbers) {
  const auto placement = choose_gpu_layers(model(), kShape, {}, false, wire::kGpuLayersAuto);
  const Status fits = check_memory(placement, kShape, Bytes{4 * kGibibyte}, {});
  ASSERT_FALSE(fits);
  EXPECT_EQ(fits.error().code, ErrorCode::kModelOutOfMemory);
  EXPECT_THAT(fits.error().message, HasSubstr("4.0 GiB is free"));
  EXPECT_THAT(fits.error().message, HasSubstr("needs about 7."));
  EXPECT_THAT(fits.error().message, HasSubstr("--ctx-size"));
  EXPECT_TRUE(check_memory(placement, kShape, Bytes{16 * kGibibyte}, {}));
}

TEST(MemoryCheck, RefusesLayersThatAGpuCannotHold) {
  const std::vector devices{gpu("CUDA0", 2 * kGibibyte, 4 * kGibibyte)};
  const auto placement = choose_gpu_layers(model(), kShape, devices, false, wire::kGpuLayersAll);
  const Status fits = check_memory(placement, kShape, Bytes{64 * kGibibyte}, devices);
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("GPU memory"));
  EXPECT_THAT(fits.error().message, HasSubstr("--gpu-layers"));
}

TEST(MemoryCheck, PassesWhenTheMachineDoesNotSay) {
  const auto placement = choose_gpu_layers(model(), kShape, {}, false, wire::kGpuLayersAuto);
  EXPECT_TRUE(check_memory(placement, kShape, Bytes{0}, {}));
}

}  // namespace
}  // namespace minerva::inference
