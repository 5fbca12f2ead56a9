#include "inference/model_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/utf8.h"

namespace minerva::inference {
namespace {

constexpr std::size_t kExcerpt = 80;  // bytes of a name from the file

Status damaged(const std::filesystem::path& path, const std::string& what) {
  return fail(ErrorCode::kModelInvalid,
              fmt::format("{}: {}: the file is damaged, download it again", path.string(), what), "model");
}

// Every one is a factor, a rate or a threshold: none means anything when it is infinite or not a number.
Status check_floats(const gguf_context* gguf, const std::filesystem::path& path) {
  for (std::int64_t id = 0; id < gguf_get_n_kv(gguf); ++id) {
    if (gguf_get_kv_type(gguf, id) != GGUF_TYPE_FLOAT32) continue;
    const std::string_view key = gguf_get_key(gguf, id);
    const float value = gguf_get_val_f32(gguf, id);
    const bool is_positive = key.ends_with("_epsilon") || key.ends_with("rope.freq_base");
    if (!std::isfinite(value) || (is_positive && value < 0.0F))
      return damaged(path, fmt::format("'{}' is {}", utf8::excerpt(key, kExcerpt), value));
  }
  return {};
}

Status check_layers(const gguf_context* gguf, const std::filesystem::path& path,
                    std::string_view architecture) {
  const std::int64_t id = gguf_find_key(gguf, fmt::format("{}.block_count", architecture).c_str());
  if (id < 0 || gguf_get_kv_type(gguf, id) != GGUF_TYPE_UINT32) return {};  // the library has words for that
  const std::uint32_t n_layers = gguf_get_val_u32(gguf, id);
  if (n_layers >= 1 && n_layers <= kMostLayers) return {};
  return damaged(path, fmt::format("it has {} layers, where llama.cpp reads 1 to {}", n_layers, kMostLayers));
}

// Two tokens of one text cannot be told apart, and the library counts them; those without text it names itself.
Status check_words(const gguf_context* gguf, const std::filesystem::path& path) {
  const std::int64_t id = gguf_find_key(gguf, "tokenizer.ggml.tokens");
  if (id < 0 || gguf_get_kv_type(gguf, id) != GGUF_TYPE_ARRAY ||
      gguf_get_arr_type(gguf, id) != GGUF_TYPE_STRING)
    return {};
  const std::size_t n_words = gguf_get_arr_n(gguf, id);
  std::unordered_set<std::string_view> words;
  words.reserve(n_words);
  for (std::size_t i = 0; i < n_words; ++i) {
    const std::string_view word = gguf_get_arr_str(gguf, id, i);
    if (!word.empty() && !words.insert(word).second)
      return damaged(path,
                     fmt::format("two tokens of its vocabulary are '{}'", utf8::excerpt(word, kExcerpt)));
  }
  return {};
}

// "blk.17.attn_q.weight" → "attn_q.weight"
std::string_view without_layer(std::string_view tensor) {
  if (!tensor.starts_with("blk.")) return tensor;
  const std::size_t dot = tensor.find('.', 4);
  return dot == std::string_view::npos ? tensor : tensor.substr(dot + 1);
}

// Tensors of whole numbers are tables of indices (routers have some), and there is no code to multiply with one: the library
// jumps to where it would be.
Status check_weights(const gguf_context* gguf, const std::filesystem::path& path) {
  constexpr std::array kFactors{"token_embd", "output",        "attn",     "ffn_up", "ffn_down",
                                "ffn_gate.",  "ffn_gate_exps", "ffn_norm", "ssm"};
  for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf); ++i) {
    const ggml_type type = gguf_get_tensor_type(gguf, i);
    const bool computes =
        ggml_is_quantized(type) || type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16;
    const std::string_view name = gguf_get_tensor_name(gguf, i);
    const auto begins = [part = without_layer(name)](std::string_view factor) {
      return part.starts_with(factor);
    };
    if (!computes && std::ranges::any_of(kFactors, begins))
      return damaged(path, fmt::format("the weights '{}' are of type {}", utf8::excerpt(name, kExcerpt),
                                       ggml_type_name(type)));
  }
  return {};
}

}  // namespace

Status check_metadata(const gguf_context* gguf, const std::filesystem::path& path,
                      std::string_view architecture) {
  if (Status floats = check_floats(gguf, path); !floats) return floats;
  if (Status layers = check_layers(gguf, path, architecture); !layers) return layers;
  if (Status words = check_words(gguf, path); !words) return words;
  return check_weights(gguf, path);
}

}  // namespace minerva::inference
