#include "inference/ladder.h"

#include <gtest/gtest.h>

#include <vector>

#include "inference/library_fault.h"

namespace minerva::inference {
namespace {

LadderFacts gpu_facts() {
  return {.n_gpu_layers = 33, .n_ctx = 8192, .n_parallel = 4, .n_batch = 512, .can_quantize_kv = true};
}

// All rungs that there are, from the top.
std::vector<Step> all_steps(const wire::LoadOptions& asked, const LadderFacts& facts) {
  std::vector<Step> steps;
  for (std::uint32_t rung = 0;; rung = steps.back().rung + 1) {
    auto step = step_down(asked, facts, rung);
    if (!step || rung > kCpuRung) return steps;
    steps.push_back(std::move(*step));
  }
}

TEST(Ladder, BeginsAsAsked) {
  wire::LoadOptions asked;
  asked.n_ctx = 4096;
  const auto step = step_down(asked, gpu_facts(), 0);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->rung, 0U);
  EXPECT_EQ(step->options.n_ctx, 4096U);
}

TEST(Ladder, GetsSmallerOnEachRungAndEndsOnTheCpuAsAsked) {
  const auto steps = all_steps({}, gpu_facts());
  std::vector<std::uint32_t> rungs;
  for (const Step& step : steps) rungs.push_back(step.rung);
  EXPECT_EQ(rungs, (std::vector<std::uint32_t>{0, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(steps[1].options.n_batch, 128U);
  EXPECT_EQ(steps[2].options.n_batch, 128U) << "a rung keeps what those before it changed";
  EXPECT_EQ(steps[2].options.cache_type_v, "q8_0");
  EXPECT_EQ(steps[3].options.n_ctx, 4096U);
  EXPECT_EQ(steps[4].options.n_gpu_layers, 24);
  EXPECT_EQ(steps[5].options.n_gpu_layers, 16);
  EXPECT_EQ(steps[6].options.n_gpu_layers, 8);
  EXPECT_EQ(steps[7].options.devices, std::vector<std::string>{"none"});
  EXPECT_EQ(steps[7].options.n_batch, 0U);
  EXPECT_EQ(steps[7].options.cache_type_k, "");
}

TEST(Ladder, StopsBeforeTheCpuWhereAGpuIsRequired) {
  wire::LoadOptions asked;
  asked.require_gpu = true;
  EXPECT_EQ(all_steps(asked, gpu_facts()).back().rung, 7U);
}

TEST(Ladder, NeverTakesLessContextThanARequestNeedsThatIsServed) {
  wire::LoadOptions asked;
  asked.n_ctx_least = 1024;
  EXPECT_EQ(step_down(asked, gpu_facts(), 4)->rung, 4U);
  asked.n_ctx_least = 1025;
  EXPECT_EQ(step_down(asked, gpu_facts(), 4)->rung, 5U);
}

TEST(Ladder, PassesOverWhatChangesNothing) {
  LadderFacts facts = gpu_facts();
  facts.can_quantize_kv = false;
  facts.n_batch = 64;
  facts.n_gpu_layers = 1;
  std::vector<std::uint32_t> rungs;
  for (const Step& step : all_steps({}, facts)) rungs.push_back(step.rung);
  EXPECT_EQ(rungs, (std::vector<std::uint32_t>{0, 4, 8}));
}

TEST(Ladder, OnTheCpuBeginsWithThePrefixesAndHasNoLayersToMove) {
  LadderFacts facts = gpu_facts();
  facts.n_gpu_layers = 0;
  std::vector<std::uint32_t> rungs;
  for (const Step& step : all_steps({}, facts)) rungs.push_back(step.rung);
  EXPECT_EQ(rungs, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(step_down({}, facts, kCpuRung)->rung, kCpuRung) << "it can be asked for all the same";
}

TEST(LibraryFault, IsReadFromTheLibrarysOwnWords) {
  const auto code = [](std::string line) { return fault_code(std::vector<std::string>{std::move(line)}); };
  EXPECT_EQ(code("vk::Queue::submit: ErrorDeviceLost"), ErrorCode::kGpuNotAvailable);
  EXPECT_EQ(code("CUDA error: out of memory"), ErrorCode::kOutOfMemory);
  EXPECT_EQ(code("vk::Device::allocateMemory: ErrorOutOfDeviceMemory"), ErrorCode::kOutOfMemory);
  EXPECT_EQ(code("std::bad_alloc"), ErrorCode::kOutOfMemory);
  EXPECT_EQ(code("GGML_ASSERT(n > 0) failed"), ErrorCode::kWorkerCrashed);
  EXPECT_EQ(fault_code({}), ErrorCode::kWorkerCrashed);
}

}  // namespace
}  // namespace minerva::inference
