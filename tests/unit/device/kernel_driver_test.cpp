#include "device/kernel_driver.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"

namespace minerva::device {
namespace {

namespace fs = std::filesystem;

TEST(KernelDriver, IsWhatSysfsSays) {
  const support::TemporaryFolder root;
  const fs::path device = root.path() / "sys/bus/pci/devices/0000:c1:00.0";
  fs::create_directories(device);
  fs::create_directories(root.path() / "sys/module/nvidia");
  fs::create_symlink("../../../../bus/pci/drivers/nvidia", device / "driver");
  EXPECT_EQ(kernel_driver("0000:c1:00.0", root.path()), "nvidia");
  std::ofstream{root.path() / "sys/module/nvidia/version"} << "570.86\n";
  EXPECT_EQ(kernel_driver("0000:c1:00.0", root.path()), "nvidia 570.86");
}

TEST(KernelDriver, IsNotKnownOfWhatIsNotOnTheBus) {
  const support::TemporaryFolder root;
  for (const char* id : {"", "0000:c1:00.0", "../../etc", "GPU-17", ".."})
    EXPECT_EQ(kernel_driver(id, root.path()), "");
}

}  // namespace
}  // namespace minerva::device
