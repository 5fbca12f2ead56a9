#pragma once
// What a model file says of itself, held against what the library takes for granted: it ends the process where these are not so.

#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "inference/llama_handles.h"

namespace minerva::inference {

// Most layers that the library has room for (llama.cpp src/llama-hparams.h: LLAMA_MAX_LAYERS).
inline constexpr std::uint64_t kMostLayers = 512;

// kModelInvalid: numbers that are none, no layers or too many, words that two tokens share, weights of a type that nothing multiplies. `architecture` begins the names of the
// numbers: "llama.block_count".
[[nodiscard]] Status check_metadata(const gguf_context* gguf, const std::filesystem::path& path,
                                    std::string_view architecture);

}  // namespace minerva::inference
