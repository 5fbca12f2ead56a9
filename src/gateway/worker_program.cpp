#include "gateway/worker_program.h"

#include <fmt/format.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

namespace minerva::gateway {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "MINERVA_WORKER";

fs::path own_program() {
  std::error_code ignored;
#ifdef __APPLE__
  std::array<char, 4096> path{};
  auto size = static_cast<std::uint32_t>(path.size());
  if (_NSGetExecutablePath(path.data(), &size) != 0) return {};
  return fs::canonical(path.data(), ignored);
#else
  return fs::read_symlink("/proc/self/exe", ignored);
#endif
}

bool is_program(const fs::path& path) { return ::access(path.c_str(), X_OK) == 0 && !fs::is_directory(path); }

}  // namespace

Result<fs::path> find_worker_program() {
  if (const char* named = std::getenv(kVariable); named != nullptr && *named != '\0') {
    if (is_program(named)) return fs::path{named};
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("{} names '{}', which is not a program", kVariable, named), kVariable);
  }
  const fs::path here = own_program().parent_path();
  const std::array places{here / "minerva-worker",
                          here.parent_path() / "libexec" / "minerva" / "minerva-worker"};
  for (const fs::path& place : places) {
    if (is_program(place)) return place;
  }
  return fail(
      ErrorCode::kInvalidConfiguration,
      fmt::format(
          "minerva-worker, the program that runs the model, is neither {} nor {}; reinstall Minerva or "
          "name it with {}",
          places[0].string(), places[1].string(), kVariable));
}

}  // namespace minerva::gateway
