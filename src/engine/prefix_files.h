#pragma once
// The third tier of cached prefixes: files, which outlive the process.
//
// A file is written under a temporary name, synced and then renamed, and has a checksum: after a crash, of the program or of
// the machine, it is there whole or not at all. Files of another model, of another version of the library, or damaged ones are
// never used. When the folder grows beyond its bound, what was used longest ago goes; several servers may share a folder.
//
// Threads: one thread calls everything; a thread of its own reads and writes, so that nobody waits for a disk. Its errors
// cost computing again and are only logged.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/stored_prefix.h"
#include "engine/token_prefix.h"

namespace minerva::engine {

struct PrefixFilesOptions {
  std::filesystem::path folder;
  std::uint64_t max_bytes = 0;  // all models' files together
  std::uint64_t model_key = 0;  // of the model file and the library's version
};

class PrefixFiles {
 public:
  // Makes the folder. kInvalidConfiguration when it cannot be written to.
  [[nodiscard]] static Status make_folder(const std::filesystem::path& folder);
  // The same of this model's folder in it, and learns what is there.
  [[nodiscard]] static Result<std::unique_ptr<PrefixFiles>> open(const PrefixFilesOptions& options);
  // Writes what was saved before.
  ~PrefixFiles();
  PrefixFiles(const PrefixFiles&) = delete;
  PrefixFiles& operator=(const PrefixFiles&) = delete;

  // Tokens of the longest beginning of this that a file has or is about to have.
  [[nodiscard]] std::uint32_t n_saved(const TokenPrefix& prefix) const;

  // Of this model's files, those that are about to be written too.
  [[nodiscard]] std::uint64_t n_bytes() const;

  // Hands the prefix to the writer; it is let go when too much waits already.
  void save(std::shared_ptr<const StoredPrefix> prefix);

  // Begins to read the file that has the longest beginning of the prompt, unless it is being read. False when there is
  // none with more than n_known tokens of it and at most max_bytes; `whole`: none of which the prompt has all.
  [[nodiscard]] bool fetch(const TokenPrefix& prompt, std::uint32_t n_known, std::uint64_t max_bytes,
                           bool whole = false);

  // What was read since the last call.
  [[nodiscard]] std::vector<std::shared_ptr<const StoredPrefix>> take_fetched();

  // Waits until something was read, or could not be, or nothing is to be read.
  void await_fetched();

 private:
  class Impl;
  explicit PrefixFiles(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace minerva::engine
