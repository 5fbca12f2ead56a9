#pragma once
// One prefix in one file. The format is this program's own, in this machine's byte order:
//
//   8 bytes  "MINERVA1"
//   8        key of the model
//   8        number of tokens
//   8        bytes of the state
//   4        CRC-32 of all that follows
//   4        zero
//   …        tokens, 4 bytes each; the state
//
// Threads: any; the files are the caller's.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "engine/stored_prefix.h"

namespace minerva::engine {

// kInternal with the system's reason. `path` is there whole or not at all.
[[nodiscard]] Status write_prefix_file(const std::filesystem::path& path, std::uint64_t model_key,
                                       const StoredPrefix& prefix);

// Nothing when the file is not there, not of this model, or damaged.
[[nodiscard]] std::optional<StoredPrefix> read_prefix_file(const std::filesystem::path& path,
                                                           std::uint64_t model_key);

// The tokens alone, without a look at the checksum.
[[nodiscard]] std::optional<std::vector<inference::Token>> read_prefix_tokens(
    const std::filesystem::path& path, std::uint64_t model_key);

}  // namespace minerva::engine
