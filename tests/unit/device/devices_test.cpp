#include "device/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace minerva::device {
namespace {

TEST(Devices, TheCpuIsAlwaysThereWithItsMemory) {
  const auto devices = list_devices();
  EXPECT_THAT(devices, testing::Contains(testing::AllOf(
                           testing::Field(&wire::DeviceInfo::kind, wire::DeviceKind::kCpu),
                           testing::Field(&wire::DeviceInfo::name, "CPU"),
                           testing::Field(&wire::DeviceInfo::backend, "CPU"),
                           testing::Field(&wire::DeviceInfo::memory_total_bytes, testing::Gt(0U)))));
}

TEST(Devices, NamesAreDistinctSoThatAFlagCanChooseOne) {
  std::vector<std::string> names;
  for (const auto& device : list_devices()) names.push_back(device.name);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(Devices, TheLibraryNamesItsVersion) {
  EXPECT_THAT(ggml_version_text(), testing::MatchesRegex("ggml [0-9]+\\.[0-9].*"));
}

}  // namespace
}  // namespace minerva::device
