#include "cli/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace minerva::cli {
namespace {

// Listeners, the worker's socket and pipe, timers and logs; and the connections that are told that there are too many.
constexpr std::uint64_t kOwnFiles = 128;

}  // namespace

std::uint64_t raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint64_t>::max();
  rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::uint32_t connections_within(std::uint64_t limit, std::uint32_t wanted) {
  const std::uint64_t n_own = std::min(kOwnFiles, limit / 2);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(limit - n_own, 1, wanted));
}

}  // namespace minerva::cli
