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
  model.has_output = true;
  model.kv_bytes_per_layer = 2048;
  return model;
}
constexpr ContextShape kShape{.n_ctx = 8192, .n_parallel = 4, .n_batch = 512};

DeviceInfo host(std::uint64_t free, std::uint64_t total) {
  return {.name = "CPU",
          .description = "the host",
          .backend = "CPU",
          .kind = DeviceKind::kCpu,
          .memory_free_bytes = free,
          .memory_total_bytes = total};
}

// The question of one form of the model above, and what lives as long as it.
struct Asked {
  std::vector<Form> forms{{.shape = kShape, .sizes = estimate_sizes(model(), kShape)}};
  std::vector<Room> rooms;
  PlacementQuestion question;

  Asked(std::span<const DeviceInfo> gpus, bool named, std::int32_t n_gpu_layers,
        DeviceInfo machine = host(60 * kGibibyte, 64 * kGibibyte)) {
    for (const DeviceInfo& device : usable_gpus(gpus, named)) rooms.push_back(room_of(device, 0, {}));
    question = {.forms = forms,
                .gpus = rooms,
                .left_out = rooms.empty() && !gpus.empty() ? gpus.front().name : std::string{},
                .host = room_of(machine, 0, {}),
                .n_gpu_layers = n_gpu_layers};
  }
  [[nodiscard]] Placement placement() const { return choose_placement(question); }
};

Placement choose(std::span<const DeviceInfo> gpus, bool named, std::int32_t n_gpu_layers) {
  return Asked{gpus, named, n_gpu_layers}.placement();
}

const wire::DevicePlan& host_of(const Placement& placement) { return placement.ledger.back(); }

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
  const auto placement = choose({}, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 0U);
  EXPECT_TRUE(placement.devices.empty());
  EXPECT_THAT(placement.sentence, HasSubstr("no GPU is in use"));
  EXPECT_EQ(placement.ledger.size(), 1U);
  EXPECT_GT(host_of(placement).sum_bytes, 7 * kGibibyte);
}

TEST(Placement, PutsEverythingOnAGpuThatHoldsIt) {
  const std::vector devices{gpu("CUDA0", 23 * kGibibyte, 24 * kGibibyte)};
  const auto placement = choose(devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 33U);
  EXPECT_THAT(placement.sentence, HasSubstr("all 32 layers and the output on CUDA0"));
  EXPECT_LT(host_of(placement).sum_bytes, kGibibyte);
}

TEST(Placement, PutsOnAGpuWhatFits) {
  const std::vector devices{gpu("CUDA0", 4 * kGibibyte, 4 * kGibibyte)};
  const auto placement = choose(devices, false, wire::kGpuLayersAuto);
  EXPECT_GT(placement.n_gpu_layers, 8U);
  EXPECT_LT(placement.n_gpu_layers, 16U);
  EXPECT_LE(placement.ledger.front().sum_bytes, 4 * kGibibyte * 4 / 5);
  EXPECT_THAT(placement.sentence, HasSubstr("of 33 layers on CUDA0"));
}

TEST(Placement, StaysOnTheCpuWhenNotOneLayerFits) {
  const std::vector devices{gpu("CUDA0", 100 * kMebibyte, 24 * kGibibyte)};
  const auto placement = choose(devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 0U);
  EXPECT_THAT(placement.sentence, HasSubstr("not one layer fits"));
}

TEST(Placement, LeavesADeviceThatImitatesAGpuAlone) {
  const std::vector devices{
      gpu("Vulkan0", 20 * kGibibyte, 20 * kGibibyte, DeviceKind::kGpu, "llvmpipe (LLVM 21)")};
  const auto placement = choose(devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 0U);
  EXPECT_THAT(placement.sentence, HasSubstr("imitates"));
  EXPECT_EQ(choose(devices, true, wire::kGpuLayersAuto).n_gpu_layers, 33U);
}

TEST(Placement, TakesAnIntegratedGpuOnlyWhereThereIsNoOther) {
  const auto integrated = gpu("Vulkan1", 30 * kGibibyte, 32 * kGibibyte, DeviceKind::kIntegratedGpu);
  const auto discrete = gpu("Vulkan0", 23 * kGibibyte, 24 * kGibibyte);
  EXPECT_EQ(choose(std::vector{integrated}, false, wire::kGpuLayersAuto).devices,
            std::vector<std::string>{"Vulkan1"});
  EXPECT_EQ(choose(std::vector{integrated, discrete}, false, wire::kGpuLayersAuto).devices,
            std::vector<std::string>{"Vulkan0"});
}

TEST(Placement, ObeysANumber) {
  const std::vector devices{gpu("CUDA0", kGibibyte, kGibibyte)};
  EXPECT_EQ(choose(devices, false, 0).n_gpu_layers, 0U);
  EXPECT_EQ(choose(devices, false, 20).n_gpu_layers, 20U);
  EXPECT_EQ(choose(devices, false, 1000).n_gpu_layers, 33U);
  EXPECT_EQ(choose(devices, false, wire::kGpuLayersAll).n_gpu_layers, 33U);
}

TEST(Placement, SpreadsOverSeveralGpus) {
  const std::vector devices{gpu("CUDA0", 5 * kGibibyte, 5 * kGibibyte),
                            gpu("CUDA1", 6 * kGibibyte, 6 * kGibibyte)};
  const auto placement = choose(devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 33U);
  EXPECT_THAT(placement.sentence, HasSubstr("CUDA0, CUDA1"));
}

TEST(Placement, OverfillsNoneOfSeveralGpus) {
  // 12 GiB and 2 GiB: halves of the model would be too much for the second.
  const std::vector devices{gpu("CUDA0", 12 * kGibibyte, 12 * kGibibyte),
                            gpu("CUDA1", 2 * kGibibyte, 2 * kGibibyte)};
  const auto placement = choose(devices, false, wire::kGpuLayersAuto);
  EXPECT_EQ(placement.n_gpu_layers, 33U);
  ASSERT_EQ(placement.ledger.size(), 3U);
  EXPECT_EQ(placement.ledger[0].n_layers + placement.ledger[1].n_layers, 33U);
  EXPECT_LE(placement.ledger[0].sum_bytes, 12 * kGibibyte / 5 * 4);
  EXPECT_LE(placement.ledger[1].sum_bytes, 2 * kGibibyte / 5 * 4);
  EXPECT_EQ(placement.split, (LayerSplit{placement.ledger[0].n_layers, placement.ledger[1].n_layers}));
}

TEST(Placement, LeavesADraftModelItsRoom) {
  const std::vector devices{gpu("CUDA0", 8 * kGibibyte, 10 * kGibibyte)};
  const auto alone = choose(devices, false, wire::kGpuLayersAuto);
  Asked asked{devices, false, wire::kGpuLayersAuto};
  asked.question.draft = {{"CPU", kGibibyte}, {"CUDA0", 2 * kGibibyte}};
  const auto beside = asked.placement();
  EXPECT_LT(beside.n_gpu_layers, alone.n_gpu_layers);
  EXPECT_GT(beside.n_gpu_layers, 0U);
  EXPECT_LE(beside.ledger.front().sum_bytes, 8 * kGibibyte);  // the draft model's part counted
  EXPECT_EQ(beside.ledger.front().draft_bytes, 2 * kGibibyte);
}

TEST(Placement, TakesTheBestFormWithWhichEverythingFits) {
  const std::vector devices{gpu("CUDA0", 9 * kGibibyte, 9 * kGibibyte)};
  Asked asked{devices, false, wire::kGpuLayersAuto};
  ContextShape large = kShape;
  large.n_ctx = 32768;
  asked.forms.insert(asked.forms.begin(), {.shape = large, .sizes = estimate_sizes(model(), large)});
  asked.forms.back().smaller = "a quarter of the context";
  asked.question.forms = asked.forms;
  const auto placement = asked.placement();
  EXPECT_EQ(placement.form, 1U);
  EXPECT_EQ(placement.n_gpu_layers, 33U);
  EXPECT_THAT(placement.sentence, HasSubstr("To fit, it has a quarter of the context."));
}

TEST(Placement, LeavesTheSystemAQuarterOfItsMemory) {
  Asked asked{{}, false, wire::kGpuLayersAuto, host(16 * kGibibyte, 16 * kGibibyte)};
  EXPECT_EQ(asked.question.host.may_use(), 12 * kGibibyte);
  EXPECT_EQ(asked.question.host.most(), 16 * kGibibyte);
  asked.question.host.limit = 10 * kGibibyte;
  EXPECT_EQ(asked.question.host.may_use(), 10 * kGibibyte);
  EXPECT_EQ(asked.question.host.most(), 10 * kGibibyte);
}

TEST(Placement, CountsAnIntegratedGpuInTheHostsMemoryToo) {
  // Half of the GPU's 32 GiB are allowed, but the host has only 6 GiB free.
  const std::vector devices{gpu("Vulkan0", 32 * kGibibyte, 32 * kGibibyte, DeviceKind::kIntegratedGpu)};
  const Asked asked{devices, false, wire::kGpuLayersAll, host(6 * kGibibyte, 32 * kGibibyte)};
  const Status fits = check_memory(asked.placement(), asked.question);
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("6.0 GiB is free"));
}

TEST(Margin, IsWhatWasLearntOfThatDevice) {
  const DeviceInfo device = gpu("CUDA0", 23 * kGibibyte, 24 * kGibibyte);
  const std::vector<wire::DeviceMargin> learnt{{.device = "Vulkan A real GPU", .n_bytes = 300 * kMebibyte},
                                               {.device = "Vulkan Another", .n_bytes = kGibibyte}};
  EXPECT_EQ(room_of(device, 0, {}).margin, 64 * kMebibyte);
  EXPECT_EQ(room_of(device, 0, learnt).margin, 300 * kMebibyte);
  EXPECT_EQ(room_of(gpu("CUDA0", 64 * kMebibyte, 64 * kMebibyte), 0, {}).margin, 8 * kMebibyte);
  EXPECT_EQ(room_of(gpu("CUDA0", 64 * kMebibyte, 64 * kMebibyte), 0, learnt).margin, 16 * kMebibyte)
      << "never more than a quarter";
}

Status check(std::span<const DeviceInfo> gpus, std::int32_t n_gpu_layers, std::uint64_t host_free,
             DraftRoom draft = {}) {
  Asked asked{gpus, false, n_gpu_layers, host(host_free, 64 * kGibibyte)};
  if (host_free == 0) asked.question.host = {.device = host(0, 0)};
  asked.question.draft = std::move(draft);
  return check_memory(asked.placement(), asked.question);
}

TEST(MemoryCheck, CountsADraftModel) {
  EXPECT_TRUE(check({}, wire::kGpuLayersAuto, 9 * kGibibyte, {{"CPU", kGibibyte}}));
  const Status fits = check({}, wire::kGpuLayersAuto, 8 * kGibibyte, {{"CPU", kGibibyte}});
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("the model with its draft model needs about 8."));
}

TEST(MemoryCheck, RefusesWithTheNumbers) {
  const Status fits = check({}, wire::kGpuLayersAuto, 4 * kGibibyte);
  ASSERT_FALSE(fits);
  EXPECT_EQ(fits.error().code, ErrorCode::kModelOutOfMemory);
  EXPECT_THAT(fits.error().message, HasSubstr("4.0 GiB is free"));
  EXPECT_THAT(fits.error().message, HasSubstr("needs about 7."));
  EXPECT_THAT(fits.error().message, HasSubstr("--ctx-size"));
  EXPECT_TRUE(check({}, wire::kGpuLayersAuto, 16 * kGibibyte));
}

TEST(MemoryCheck, RefusesMoreThanALimit) {
  Asked asked{{}, false, wire::kGpuLayersAuto};
  asked.question.host.limit = 5 * kGibibyte;
  const Status fits = check_memory(asked.placement(), asked.question);
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("5.0 GiB is allowed: raise the limit"));
}

TEST(MemoryCheck, RefusesLayersThatAGpuCannotHold) {
  const std::vector devices{gpu("CUDA0", 2 * kGibibyte, 4 * kGibibyte)};
  const Status fits = check(devices, wire::kGpuLayersAll, 60 * kGibibyte);
  ASSERT_FALSE(fits);
  EXPECT_THAT(fits.error().message, HasSubstr("GPU memory"));
  EXPECT_THAT(fits.error().message, HasSubstr("--gpu-layers"));
}

TEST(MemoryCheck, PassesWhenTheMachineDoesNotSay) { EXPECT_TRUE(check({}, wire::kGpuLayersAuto, 0)); }

}  // namespace
}  // namespace minerva::inference
