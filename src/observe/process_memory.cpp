#include "observe/process_memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

namespace minerva::observe {

std::optional<std::uint64_t> resident_bytes(int pid) {
  std::ifstream file{fmt::format("/proc/{}/statm", pid)};
  std::uint64_t n_pages_in_all = 0;
  std::uint64_t n_pages = 0;
  if (!(file >> n_pages_in_all >> n_pages)) return std::nullopt;
  return n_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace minerva::observe
