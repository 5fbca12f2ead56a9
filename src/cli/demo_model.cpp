#include "cli/demo_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace minerva::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "MINERVA_DEMO_MODEL";
constexpr const char* kFileName = "minerva-demo.gguf";

}  // namespace

Result<fs::path> find_demo_model(const Environment& environment, const fs::path& program_folder) {
  std::vector<std::string> places;
  if (const auto named = environment.find(kVariable); named != environment.end() && !named->second.empty()) {
    places.push_back(named->second);
  } else {
    places.push_back(
        (program_folder.parent_path() / "share/minerva/models" / kFileName).lexically_normal().string());
    places.push_back((fs::path{MINERVA_SOURCE_MODELS} / kFileName).string());
  }
  for (const std::string& place : places) {
    std::error_code ignored;
    if (fs::is_regular_file(place, ignored)) return fs::path{place};
  }
  return fail(ErrorCode::kModelNotFound,
              fmt::format("the demo model is not there (looked for {}); name a model with --model FILE",
                          fmt::join(places, " and ")),
              "model");
}

fs::path program_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace minerva::cli
