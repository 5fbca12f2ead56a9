#include "inference/cpu_threads.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace minerva::inference {
namespace {

TEST(CpuThreads, AreAtLeastOneAndAtMostWhatMayBeUsed) {
  EXPECT_GE(physical_cores_available(), 1U);
  EXPECT_LE(physical_cores_available(), std::max(1U, std::thread::hardware_concurrency()));
}

TEST(CpuThreads, StayWithinTheProcesssOwnProcessors) {
  std::uint32_t n = 0;
  std::jthread{[&] {
    cpu_set_t all;
    CPU_ZERO(&all);
    ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &all)) {
        CPU_SET(cpu, &one);
        break;
      }
    }
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    n = physical_cores_available();
  }}.join();
  EXPECT_EQ(n, 1U);
}

}  // namespace
}  // namespace minerva::inference
