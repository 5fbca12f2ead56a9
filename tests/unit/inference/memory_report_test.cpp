#include "inference/memory_report.h"

#include <gtest/gtest.h>

namespace minerva::inference {
namespace {

constexpr std::uint64_t kMebibyte = 1024ULL * 1024;

TEST(MemoryReport, AddsUpTheLinesOfALoad) {
  const std::vector<std::string> lines{
      "load_tensors:   CPU_Mapped model buffer size =   100.00 MiB",
      "load_tensors:      Vulkan0 model buffer size =   300.00 MiB",
      "llama_context:        CPU  output buffer size =     2.00 MiB",
      "llama_kv_cache:        CPU KV buffer size =     1.50 MiB",
      "llama_kv_cache:    Vulkan0 KV buffer size =     8.00 MiB",
      "sched_reserve:    Vulkan0 compute buffer size =    70.00 MiB",
      "sched_reserve: Vulkan_Host compute buffer size =    5.00 MiB",
      "sched_reserve:    Vulkan0 compute buffer size =    64.00 MiB",
      "some other line with a buffer size = nonsense",
      " buffer size = 3.00 MiB",
      "",
  };
  const std::vector<std::string> devices{"Vulkan0"};
  const auto memory = memory_by_device(lines, devices);
  ASSERT_EQ(memory.size(), 2U);
  EXPECT_EQ(memory[0].device, "Vulkan0");
  EXPECT_EQ(memory[0].weights_bytes, 300 * kMebibyte);
  EXPECT_EQ(memory[0].kv_bytes, 8 * kMebibyte);
  EXPECT_EQ(memory[0].compute_bytes, 64 * kMebibyte);
  EXPECT_EQ(memory[1].device, "CPU");
  EXPECT_EQ(memory[1].weights_bytes, 100 * kMebibyte);
  EXPECT_EQ(memory[1].kv_bytes, 3 * kMebibyte / 2);
  EXPECT_EQ(memory[1].compute_bytes, 7 * kMebibyte);
}

TEST(MemoryReport, FindsNothingInNothing) {
  const auto memory = memory_by_device({}, {});
  ASSERT_EQ(memory.size(), 1U);
  EXPECT_EQ(memory[0].weights_bytes, 0U);
}

}  // namespace
}  // namespace minerva::inference
