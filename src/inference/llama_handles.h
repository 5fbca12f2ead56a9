#pragma once
// Owners of what the C API allocates.

#include <gguf.h>
#include <llama.h>

#include <memory>

namespace minerva::inference {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

using GgufHandle = std::unique_ptr<gguf_context, FreeWith<gguf_free>>;
using ModelHandle = std::unique_ptr<llama_model, FreeWith<llama_model_free>>;
using ContextHandle = std::unique_ptr<llama_context, FreeWith<llama_free>>;
using SamplerHandle = std::unique_ptr<llama_sampler, FreeWith<llama_sampler_free>>;

}  // namespace minerva::inference
