#pragma once
// How the library fails: what its words say of the cause, and a last chance to pass that on before it ends the process.
//
// ggml aborts on many faults and throws through its C interface on others (a lost Vulkan device), so the handler is called
// where the fault is, on any thread, with the library's locks held. It may do one thing: tell.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace minerva::inference {

// Sources of the words: ggml src/ggml-{cuda,vulkan,metal}, llama.cpp src/llama-context.cpp, the names of vk::Result.
[[nodiscard]] bool tells_of_memory(std::string_view line);
[[nodiscard]] bool tells_of_lost_device(std::string_view line);

// kOutOfMemory, kGpuNotAvailable (the device is lost), or kWorkerCrashed when the lines tell neither.
[[nodiscard]] ErrorCode fault_code(std::span<const std::string> lines);

// From now on `tell` is called, at most once, before the process is ended by an abort of ggml or an exception that nobody
// caught. The code is fault_code() of the message and the library's latest errors.
void tell_before_the_end(std::function<void(const Error&)> tell);

}  // namespace minerva::inference
