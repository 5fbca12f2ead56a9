#pragma once
// The files that a worker needs, by what it may do with them. Reads the environment and asks which files exist; opens none.

#include <filesystem>
#include <vector>

#include "wire/types.h"

namespace minerva::worker {

enum class FileAccess : std::uint8_t {
  kRead,    // of a folder: everything below it
  kChange,  // read, write, make and remove below this folder
  kDevice,  // read, write, and the requests that drivers define
};

struct FileRule {
  std::filesystem::path path;
  FileAccess access = FileAccess::kRead;
};

// Paths that exist only. The folder for the drivers' compiled code is made, and the environment says where it is: the user's other
// programs have theirs elsewhere, so that nothing written here is ever run by them.
[[nodiscard]] std::vector<FileRule> file_rules(const wire::LoadOptions& options);

}  // namespace minerva::worker
