#pragma once
// The kernel's driver of a device on the PCI bus, as sysfs tells it; no library of ggml's does.
//
// Source: Documentation/ABI/testing/sysfs-bus-pci ("driver"), sysfs-module ("version"). Threads: any.

#include <filesystem>
#include <string>
#include <string_view>

namespace minerva::device {

// "nvidia 570.86", "amdgpu"; empty when the machine does not say. `id` is ggml's, "0000:c1:00.0", and may be anything;
// `root` is where /sys is looked for.
[[nodiscard]] std::string kernel_driver(std::string_view id, const std::filesystem::path& root = "/");

}  // namespace minerva::device
