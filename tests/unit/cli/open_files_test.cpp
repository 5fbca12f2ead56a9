#include "cli/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace minerva::cli {
namespace {

TEST(OpenFiles, AllConnectionsFitUnderALargeLimit) {
  EXPECT_EQ(connections_within(524'288, 4096), 4096U);
  EXPECT_EQ(connections_within(RLIM_INFINITY, 4096), 4096U);
}

TEST(OpenFiles, ConnectionsLeaveTheProgramItsOwnFiles) {
  EXPECT_EQ(connections_within(1024, 4096), 896U);
  EXPECT_EQ(connections_within(100, 4096), 50U);
}

TEST(OpenFiles, OneConnectionIsAlwaysAllowed) {
  EXPECT_EQ(connections_within(0, 4096), 1U);
  EXPECT_EQ(connections_within(1, 4096), 1U);
}

TEST(OpenFiles, TheSoftLimitBecomesTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit lowered{.rlim_cur = before.rlim_max / 2, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(raise_open_file_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace minerva::cli
