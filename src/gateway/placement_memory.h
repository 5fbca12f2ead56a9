#pragma once
// What placements taught, over restarts of the server: the memory that loads took beyond their plan, by device, and the
// models that had to be made smaller to be served here, so that the same fall is not taken twice.
//
// One small JSON file, replaced as a whole. What cannot be read as one is passed over and replaced, and a file that cannot be
// written costs a warning: nothing depends on it. Servers that share the file overwrite each other's news; the next load tells
// it again.
//
// Threads: one.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wire/types.h"

namespace minerva::gateway {

struct Fall {
  std::string key;  // of the model's file and the options
  std::uint32_t rung = 0;
  std::int64_t at_s = 0;  // since 1970

  friend bool operator==(const Fall&, const Fall&) = default;
};

class PlacementMemory {
 public:
  // No file: it lasts as long as the object.
  explicit PlacementMemory(std::filesystem::path file = {});

  // The largest that was seen of each device, at most kMostMargin.
  [[nodiscard]] const std::vector<wire::DeviceMargin>& margins() const { return margins_; }
  [[nodiscard]] std::optional<Fall> fall(const wire::LoadOptions& options) const;

  // A load that succeeded: its margins, and the rung that it is on. On rung 0 an earlier fall is forgotten.
  void note_load(const wire::LoadOptions& options, const wire::ModelCard& card, std::int64_t now_s);
  // The smaller form did not help.
  void forget_fall(const wire::LoadOptions& options);

  // A driver takes less; what says more is another program that took memory at the same time.
  static constexpr std::uint64_t kMostMargin = std::uint64_t{1} << 30;

 private:
  void read();
  void write() const;

  std::filesystem::path file_;
  std::vector<wire::DeviceMargin> margins_;
  std::vector<Fall> falls_;  // the newest last
};

// The same text for the same file with the same options; what the gateway sets itself, such as the rung, is no part of it.
[[nodiscard]] std::string fall_key(const wire::LoadOptions& options);

}  // namespace minerva::gateway
