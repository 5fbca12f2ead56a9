#pragma once
// The devices that ggml can compute on here.
//
// Asking for them loads every installed back end, and with it the drivers of the machine: a broken one can end the process.
// So only the worker asks, and not where it is to compute on the CPU alone (back_ends.h). Threads: any.

#include <string>
#include <vector>

#include "wire/types.h"

namespace minerva::device {

// In ggml's order, the one in which layers are spread. Memory is what the driver says at this moment; the CPU's is the
// host's, without limits of control groups (host_memory.h knows those).
[[nodiscard]] std::vector<wire::DeviceInfo> list_devices();

// Versions of the library, for people and for the handshake: "ggml 0.27.0".
[[nodiscard]] std::string ggml_version_text();

// Asks no driver. What the CPU back end was built for and found on this machine, by ggml's names: "AVX2", "AVX512", "AVX512_VNNI".
[[nodiscard]] std::vector<std::string> cpu_features();

}  // namespace minerva::device
