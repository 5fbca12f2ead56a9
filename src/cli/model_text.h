#pragma once
// A model and its place in words, for banners and reports.
//
// Threads: pure.

#include <cstdint>
#include <string>
#include <vector>

#include "wire/types.h"

namespace minerva::cli {

// "5.3M", "7.2B", "312K".
[[nodiscard]] std::string count_text(std::uint64_t count);

// "llama, 5.3M parameters, Q8_0, 5.6 MiB".
[[nodiscard]] std::string model_text(const wire::ModelCard& card);

// "Small: llama, 0.5B parameters, Q8_0, 0.5 GiB".
[[nodiscard]] std::string draft_text(const wire::DraftCard& draft);

// "8192 tokens as bf16: 4 requests at once, 2048 each".
[[nodiscard]] std::string context_text(const wire::ModelCard& card);

// "CPU 21.0 MiB (weights 5.6 MiB, context 12.0 MiB, computation 3.4 MiB)", devices joined by "; ".
[[nodiscard]] std::string memory_text(const std::vector<wire::DeviceMemory>& memory);

}  // namespace minerva::cli
