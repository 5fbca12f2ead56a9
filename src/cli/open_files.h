#pragma once
// How many files, connections among them, this process may have open (getrlimit(2), RLIMIT_NOFILE). Shells and service managers
// set a soft limit of 1024 for the sake of old programs, and a hard one far above it.

#include <cstdint>

namespace minerva::cli {

// Raises the soft limit to the hard one; gives back what holds then. The processes that are started later inherit it.
[[nodiscard]] std::uint64_t raise_open_file_limit();

// As many of the wanted connections as `limit` open files allow beside those that the program needs itself. At least 1.
[[nodiscard]] std::uint32_t connections_within(std::uint64_t limit, std::uint32_t wanted);

}  // namespace minerva::cli
