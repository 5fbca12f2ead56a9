#pragma once
// What a load really takes of each memory, beyond what was planned for it: a driver's own buffers, kernels that it compiles,
// the process's odds and ends.
//
// Of a GPU by what its driver says is free before and after, so that another program's part in between counts too; of the
// host by the private memory of this process (proc(5): RssAnon, RssShmem), in which mapped weights are not.
//
// Threads: as LlamaCppBackend::load.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wire/types.h"

namespace minerva::inference {

class MemoryWatch {
 public:
  // Before the load, with the GPUs that it will use.
  explicit MemoryWatch(std::span<const std::string> gpus);

  // After it. What the library told of itself (card.memory) tells which of the host's weights are private.
  [[nodiscard]] std::vector<wire::DeviceMargin> beyond_plan(const wire::ModelCard& card) const;

 private:
  std::vector<wire::DeviceInfo> before_;
  std::uint64_t host_before_;
};

}  // namespace minerva::inference
