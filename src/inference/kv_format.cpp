#include "inference/kv_format.h"

#include <fmt/format.h>
#include <ggml.h>

#include <algorithm>
#include <array>
#include <utility>

namespace minerva::inference {
namespace {

using wire::FlashAttention;

// Steps of a smaller model are mostly threads waiting for each other, and plain attention has more operations to wait for:
// measured with 14 MB (docs/kv-memory.md).
constexpr Bytes kSmallModel{32 * kMiB.value};

// Beyond this the scores of a step cost more than their rows save.
constexpr Bytes kMostScores{256 * kMiB.value};

double bytes_a_number(std::string_view name) {
  const auto type = kv_type(name);
  if (!type) return 0;
  return static_cast<double>(ggml_type_size(*type)) / static_cast<double>(ggml_blck_size(*type));
}

bool plain_attention_pays(const KvQuestion& question) {
  return question.on_cpu_alone && std::ranges::contains(question.cpu_features, "AVX512_BF16") &&
         question.model_file > kSmallModel && question.n_head > 0 &&
         !(score_bytes({.flash_attention = FlashAttention::kOff}, question) > kMostScores);
}

bool is_chosen_freely(const wire::LoadOptions& options) {
  return options.flash_attention == FlashAttention::kAuto && options.cache_type_k.empty() &&
         options.cache_type_v.empty();
}

Status check(const KvFormat& format) {
  for (const auto& [type, field] : {std::pair{std::string_view{format.type_k}, "cache-type-k"},
                                    std::pair{std::string_view{format.type_v}, "cache-type-v"}}) {
    if (!kv_type(type))
      return fail(ErrorCode::kInvalidConfiguration, fmt::format("there is no type {}", type), field);
  }
  if (format.flash_attention == FlashAttention::kOff && ggml_is_quantized(*kv_type(format.type_v))) {
    return fail(ErrorCode::kInvalidConfiguration,
                fmt::format("values in {} need flash attention: leave --flash-attn at auto, or take f16",
                            format.type_v),
                "cache-type-v");
  }
  return {};
}

}  // namespace

std::optional<ggml_type> kv_type(std::string_view name) {
  static constexpr auto kTypes =
      std::to_array<ggml_type>({GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q5_1,
                                GGML_TYPE_Q5_0, GGML_TYPE_IQ4_NL, GGML_TYPE_Q4_1, GGML_TYPE_Q4_0});
  static_assert(kTypes.size() == wire::kKvTypes.size());
  const auto it = std::ranges::find(kTypes, name, ggml_type_name);
  return it != kTypes.end() ? std::optional{*it} : std::nullopt;
}

double KvFormat::relative_size() const {
  return (bytes_a_number(type_k) + bytes_a_number(type_v)) / (2 * bytes_a_number("f16"));
}

Bytes score_bytes(const KvFormat& format, const KvQuestion& question) {
  if (format.flash_attention != FlashAttention::kOff) return {};
  return {sizeof(float) * kPlainAttentionTokens * question.n_head * question.n_cells};
}

Result<KvFormat> choose_kv_format(const wire::LoadOptions& options, const KvQuestion& question) {
  if (is_chosen_freely(options) && plain_attention_pays(question))
    return KvFormat{.flash_attention = FlashAttention::kOff, .type_k = "bf16", .type_v = "bf16"};
  KvFormat format{.flash_attention = options.flash_attention};
  if (!options.cache_type_k.empty()) format.type_k = options.cache_type_k;
  if (!options.cache_type_v.empty()) format.type_v = options.cache_type_v;
  if (const Status fits = check(format); !fits) return std::unexpected(fits.error());
  return format;
}

}  // namespace minerva::inference
