#include "worker/sandbox/file_rules.h"

#include <link.h>

#include <cstdlib>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "inference/model_file.h"

namespace minerva::worker {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): the only thread
  return value == nullptr ? std::string{} : std::string{value};
}

class Rules {
 public:
  void add(const fs::path& path, FileAccess access = FileAccess::kRead) {
    std::error_code error;
    if (!path.empty() && fs::exists(path, error)) rules_.push_back({path, access});
  }
  // "a:b:c", as in PATH
  void add_list(const std::string& list) {
    for (const auto part : std::views::split(list, ':')) add(fs::path{std::string_view{part}});
  }
  void add_beginning(const fs::path& folder, std::string_view begin, FileAccess access) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder, error})
      if (entry.path().filename().string().starts_with(begin)) add(entry.path(), access);
  }
  [[nodiscard]] std::vector<FileRule> take() { return std::move(rules_); }

 private:
  std::vector<FileRule> rules_;
};

void add_model(Rules& rules, const std::string& path) {
  if (path.empty()) return;
  rules.add(path);
  const auto parts = inference::model_file_parts(path);
  if (!parts) return;  // the load says what is wrong
  for (const fs::path& part : *parts) rules.add(part);
}

// Installed software, which is no secret: libraries, back ends of ggml, drivers and what they read of their own. Where this program's libraries
// lie elsewhere, there too.
void add_software(Rules& rules) {
  for (const char* const path :
       {"/usr", "/lib", "/lib64", "/opt", "/nix/store", "/gnu/store", "/etc/ld.so.cache",
        "/etc/ld.so.preload", "/etc/vulkan", "/etc/glvnd", "/etc/OpenCL", "/etc/drirc", "/etc/localtime",
        "/etc/nvidia", "/etc/nv_tegra_release"})
    rules.add(path);
  std::set<fs::path> folders;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t /*size*/, void* found) {
        const fs::path library = info->dlpi_name;
        if (library.is_absolute()) static_cast<std::set<fs::path>*>(found)->insert(library.parent_path());
        return 0;
      },
      &folders);
  for (const fs::path& folder : folders) rules.add(folder);
  std::error_code error;
  rules.add(fs::read_symlink("/proc/self/exe", error).parent_path());
  for (const char* const name :
       {"LD_LIBRARY_PATH", "GGML_BACKEND_PATH", "VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_ICD_FILENAMES",
        "VK_DRIVER_FILES", "VK_ADD_DRIVER_FILES", "OCL_ICD_VENDORS", "CUDA_HOME", "ROCM_PATH"})
    rules.add_list(variable(name));
  if (const fs::path home = variable("HOME"); !home.empty()) rules.add(home / ".local/share/vulkan");
}

// What the kernel says of this machine and of this process; other processes' folders are not among it.
void add_machine(Rules& rules) {
  for (const char* const path :
       {"/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/loadavg",
        "/proc/devices", "/proc/modules", "/proc/filesystems", "/proc/driver", "/proc/sys", "/sys"})
    rules.add(path);
}

void add_devices(Rules& rules) {
  for (const char* const path : {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dri",
                                 "/dev/kfd", "/dev/dxg", "/dev/nvidia-caps"})
    rules.add(path, FileAccess::kDevice);
  rules.add_beginning("/dev", "nvidia", FileAccess::kDevice);
}

// Drivers compile programs for the GPU and keep them. By default they do so in places that they share with the user's desktop.
void add_driver_cache(Rules& rules) {
  const std::string cache = variable("XDG_CACHE_HOME");
  const std::string home = variable("HOME");
  if (cache.empty() && home.empty()) return;
  const fs::path folder =
      (cache.empty() ? fs::path{home} / ".cache" : fs::path{cache}) / "minerva" / "drivers";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return;
  fs::permissions(folder, fs::perms::owner_all, error);
  for (const char* const name : {"MESA_SHADER_CACHE_DIR", "CUDA_CACHE_PATH", "__GL_SHADER_DISK_CACHE_PATH"})
    ::setenv(name, folder.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): the only thread
  rules.add(folder, FileAccess::kChange);
}

}  // namespace

std::vector<FileRule> file_rules(const wire::LoadOptions& options) {
  Rules rules;
  add_model(rules, options.model_path);
  add_model(rules, options.draft_model_path);
  rules.add(options.prefix_cache_dir, FileAccess::kChange);
  add_software(rules);
  add_machine(rules);
  add_devices(rules);
  add_driver_cache(rules);
  return rules.take();
}

}  // namespace minerva::worker
