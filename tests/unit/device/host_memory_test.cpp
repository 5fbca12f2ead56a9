#include "device/host_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace minerva::device {
namespace {

namespace fs = std::filesystem;

// A tree with the files of /proc and /sys that a test writes into it, gone with the test.
class HostMemoryTest : public testing::Test {
 protected:
  HostMemoryTest()
      : root_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
    write("proc/meminfo", "MemTotal:       16384 kB\nMemFree:          512 kB\nMemAvailable:    8192 kB\n");
  }
  ~HostMemoryTest() override { fs::remove_all(root_); }

  void write(const fs::path& path, std::string_view text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST(MemInfo, TotalAndAvailableAreKibibytes) {
  const auto info = parse_meminfo(
      "MemTotal:       24556540 kB\nMemFree:  1 kB\nMemAvailable:   20000000 kB\nBuffers: 3 kB\n");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->total.value, 24556540ULL * 1024);
  EXPECT_EQ(info->available.value, 20000000ULL * 1024);
}

TEST(MemInfo, AMissingLineIsNoAnswer) {
  EXPECT_FALSE(parse_meminfo("MemTotal: 1 kB\nMemFree: 1 kB\n").has_value());
  EXPECT_FALSE(parse_meminfo("").has_value());
}

TEST(CgroupFolders, VersionTwoIsTheLineWithoutControllers) {
  EXPECT_THAT(parse_cgroup_folders("0::/user.slice/user-0.slice/session-1.scope\n"),
              testing::ElementsAre(fs::path("user.slice/user-0.slice/session-1.scope")));
}

TEST(CgroupFolders, VersionOneIsTheMemoryHierarchy) {
  EXPECT_THAT(parse_cgroup_folders("5:devices:/\n4:memory:/jobs/17\n1:cpu,cpuacct:/jobs\n"),
              testing::ElementsAre(fs::path("memory/jobs/17")));
}

TEST(CgroupLimit, MaxAndTheLargestNumberAreNoLimit) {
  EXPECT_FALSE(parse_cgroup_limit("max\n").has_value());
  EXPECT_FALSE(parse_cgroup_limit("9223372036854771712\n").has_value());
  EXPECT_FALSE(parse_cgroup_limit("").has_value());
  EXPECT_EQ(parse_cgroup_limit("536870912\n"), Bytes{512 * 1024 * 1024});
}

TEST(Reclaimable, VersionOneCountsTheTreeOnce) {
  EXPECT_EQ(
      parse_reclaimable("inactive_file 10\nactive_file 5\ntotal_inactive_file 100\ntotal_active_file 50\n"),
      Bytes{150});
  EXPECT_EQ(parse_reclaimable("anon 7\ninactive_file 10\nactive_file 5\n"), Bytes{15});
}

TEST_F(HostMemoryTest, WithoutGroupsTheMachineSpeaks) {
  const HostMemory memory = host_memory(root_);
  EXPECT_EQ(memory.total, Bytes{16384 * 1024});
  EXPECT_EQ(memory.available, Bytes{8192 * 1024});
  EXPECT_FALSE(memory.limited);
}

TEST_F(HostMemoryTest, ALimitOfAParentGroupBindsAndItsCacheIsGivenBack) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  write("sys/fs/cgroup/outer/memory.max", "4194304\n");
  write("sys/fs/cgroup/outer/memory.current", "3145728\n");
  write("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 1048576\nactive_file 0\n");
  const HostMemory memory = host_memory(root_);
  EXPECT_EQ(memory.total, Bytes{4194304});
  EXPECT_EQ(memory.available, Bytes{2097152});
  EXPECT_TRUE(memory.limited);
}

TEST_F(HostMemoryTest, VersionOneLimitsBindToo) {
  write("proc/self/cgroup", "4:memory:/job\n0::/\n");
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2097152\n");
  write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "3000000\n");
  const HostMemory memory = host_memory(root_);
  EXPECT_EQ(memory.total, Bytes{2097152});
  EXPECT_EQ(memory.available, Bytes{0});
}

TEST(HostMemory, ThisMachineHasSome) {
  const HostMemory memory = host_memory();
  EXPECT_GT(memory.total.value, 0U);
  EXPECT_LE(memory.available, memory.total);
}

}  // namespace
}  // namespace minerva::device
