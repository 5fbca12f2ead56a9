#pragma once
// One prefix in one file. The format is this program's own, in this machine's byte order:
//
//   8 bytes  "MINERVA2"
//   8        key of the model
//   8        number of tokens
//   8        bytes of the state
//   4        CRC-32 of all that follows
//   4        the space: whose prefix it is
//   …        tokens, 4 bytes each; the state
//
// Threads: any; the files are the caller's.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "engine/stored_prefix.h"
#include "engine/token_prefix.h"

namespace minerva::engine {

// kInternal with the system's reason. `path` is there whole or not at all.
[[nodiscard]] Status write_prefix_file(const std::filesystem::path& path, std::uint64_t model_key,
                                       const StoredPrefix& prefix);

// Nothing when the file is not there, not of this model, or damaged.
[[nodiscard]] std::optional<StoredPrefix> read_prefix_file(const std::filesystem::path& path,
                                                           std::uint64_t model_key);

// What a file is about.
struct PrefixName {
  std::vector<inference::Token> tokens;
  std::uint32_t space = 0;

  [[nodiscard]] TokenPrefix prefix() const { return {.tokens = tokens, .space = space}; }
};

// That alone, without a look at the checksum.
[[nodiscard]] std::optional<PrefixName> read_prefix_name(const std::filesystem::path& path,
                                                         std::uint64_t model_key);

}  // namespace minerva::engine
