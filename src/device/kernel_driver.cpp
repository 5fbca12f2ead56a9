#include "device/kernel_driver.h"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace minerva::device {

namespace fs = std::filesystem;

std::string kernel_driver(std::string_view id, const fs::path& root) {
  const bool is_address = !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
  });
  if (!is_address || id.contains("..")) return {};
  std::error_code error;
  const fs::path link = fs::read_symlink(root / "sys/bus/pci/devices" / id / "driver", error);
  if (error) return {};
  std::string name = link.filename().string();
  std::string version;
  std::ifstream{root / "sys/module" / name / "version"} >> version;
  return version.empty() ? name : name + " " + version;
}

}  // namespace minerva::device
