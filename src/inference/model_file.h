#pragma once
// What a model file is, before anything of it is loaded: a check that says in words what is wrong, and the sizes that a
// placement is computed from. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
//
// The file is a stranger's: the library that parses its head may print or abort, so only the worker does this.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace minerva::inference {

struct ModelFile {
  std::string architecture;
  std::uint64_t file_bytes = 0;  // all parts
  std::uint32_t n_layers = 0;
  std::uint32_t n_ctx_train = 0;
  std::uint32_t n_embd = 0;
  std::uint32_t n_ff = 0;
  std::uint32_t n_head = 0;  // of the widest layer
  std::uint32_t n_vocab = 0;
  std::set<std::string> quantizations;  // of the weights, by ggml's names: "f32", "q4_K"
  // Weights, by where they go.
  std::uint64_t input_bytes = 0;           // token embeddings: always with the CPU
  std::vector<std::uint64_t> layer_bytes;  // one a layer
  std::uint64_t output_bytes = 0;          // the rest
  bool has_output = false;  // a table of its own; otherwise the input's serves, and a GPU gets a copy of it
  // Upper estimate for one token's KV in one layer, as 16-bit floats: a sliding window or a compressed KV takes less.
  std::uint64_t kv_bytes_per_layer = 0;
};

// The files of a model that may be in several parts, in order. kModelInvalid: a part is missing, or `path` is not the first.
[[nodiscard]] Result<std::vector<std::filesystem::path>> model_file_parts(const std::filesystem::path& path);

// kModelNotFound: no such file. kModelInvalid: everything else, each with its own sentence.
// A file of several parts ("-00001-of-00003.gguf") is named by its first; all are checked.
[[nodiscard]] Result<ModelFile> inspect_model_file(const std::filesystem::path& path);

}  // namespace minerva::inference
