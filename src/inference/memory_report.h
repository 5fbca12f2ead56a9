#pragma once
// Memory by device from the lines in which libllama tells it; no function of its public interface does.
//
//   "load_tensors:   CPU_Mapped model buffer size =     0.91 MiB"   weights
//   "llama_kv_cache:        CPU KV buffer size =     1.00 MiB"      KV; so "RS buffer" of recurrent models
//   "sched_reserve:        CPU compute buffer size =     2.77 MiB"  compute; so "output buffer"
//
// Lines of another form are passed over: what is not found counts zero.

#include <span>
#include <string>
#include <vector>

#include "wire/types.h"

namespace minerva::inference {

// Buffers that belong to none of `devices` (names such as "CPU_Mapped", "CUDA_Host") are the host's, "CPU". Every compute
// reservation replaces the one before it; weights and KV of one device add up.
[[nodiscard]] std::vector<wire::DeviceMemory> memory_by_device(std::span<const std::string> log_lines,
                                                               std::span<const std::string> devices);

}  // namespace minerva::inference
