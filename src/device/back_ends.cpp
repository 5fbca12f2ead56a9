#include "device/back_ends.h"

#include <dlfcn.h>
#include <ggml-backend.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace minerva::device {
namespace {

namespace fs = std::filesystem;

// How well a variant fits this machine; 0: not at all. ggml's plug-ins export it (ggml-backend-impl.h:
// ggml_backend_score_t).
int score_of(const fs::path& plug_in) {
  void* library = ::dlopen(plug_in.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 0;
  const auto score = reinterpret_cast<int (*)()>(::dlsym(library, "ggml_backend_score"));
  const int value = score == nullptr ? 0 : score();
  ::dlclose(library);
  return value;
}

bool is_cpu_plug_in(const fs::path& path) { return path.filename().string().starts_with("libggml-cpu"); }

std::vector<fs::path> plug_ins() {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(MINERVA_GGML_BACKEND_DIR, error)) {
    if (entry.path().extension() == ".so") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

bool load_cpu() {
  fs::path best;
  int most = 0;
  for (const fs::path& plug_in : plug_ins()) {
    if (!is_cpu_plug_in(plug_in)) continue;
    if (const int score = score_of(plug_in); score > most) {
      most = score;
      best = plug_in;
    }
  }
  return most > 0 && ggml_backend_load(best.c_str()) != nullptr;
}

// ggml's own way to load all would have the CPU twice.
void load_others() {
  for (const fs::path& plug_in : plug_ins()) {
    if (!is_cpu_plug_in(plug_in)) ggml_backend_load(plug_in.c_str());
  }
}

}  // namespace

void load_back_ends(BackEnds wanted) {
  static std::mutex mutex;
  static bool has_cpu = false;
  static bool has_all = false;
  const std::lock_guard lock{mutex};
  if (has_all || (has_cpu && wanted == BackEnds::kCpu)) return;
  if (wanted == BackEnds::kCpu && load_cpu()) {
    has_cpu = true;
    log::debug("device", "only the CPU's back end is loaded");
    return;
  }
  has_cpu ? load_others() : ggml_backend_load_all();
  has_all = true;
}

}  // namespace minerva::device
