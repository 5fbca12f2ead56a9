#pragma once
// How attention is computed, and in which numbers the context (KV) is kept. Pure.
//
// On a CPU flash attention computes fewer than 64 new tokens of a sequence one by one, so on a long context a stream's
// token, or a short question about a long text, costs more than with plain attention where the CPU multiplies 16-bit floats
// (AVX512-BF16). Plain attention keeps every new token's scores over the whole context, which bounds where it is chosen
// (docs/kv-memory.md has the figures).

#include <ggml.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/types.h"

namespace minerva::inference {

struct KvFormat {
  wire::FlashAttention flash_attention = wire::FlashAttention::kAuto;  // auto: as the library thinks best
  std::string type_k = "f16";                                          // ggml's names
  std::string type_v = "f16";

  // Of a cell against one of 16-bit floats.
  [[nodiscard]] double relative_size() const;
};

// What the choice depends on.
struct KvQuestion {
  Bytes model_file;
  std::uint32_t n_head = 0;                   // of the widest layer
  std::uint32_t n_cells = 0;                  // that one sequence may attend to
  bool on_cpu_alone = false;                  // no layer is on a GPU
  std::span<const std::string> cpu_features;  // by ggml's names
};

// Most new tokens that are computed at once with plain attention: their scores are written and read again, so more than the
// caches hold would cost more than it saves.
inline constexpr std::uint32_t kPlainAttentionTokens = 128;

// The library's value for a name of wire::kKvTypes; nothing for another one.
[[nodiscard]] std::optional<ggml_type> kv_type(std::string_view name);

// The scores of so many new tokens; nothing with flash attention.
[[nodiscard]] Bytes score_bytes(const KvFormat& format, const KvQuestion& question);

// What options do not say is chosen. kInvalidConfiguration: an unknown type, or types that need flash attention without it.
[[nodiscard]] Result<KvFormat> choose_kv_format(const wire::LoadOptions& options, const KvQuestion& question);

}  // namespace minerva::inference
