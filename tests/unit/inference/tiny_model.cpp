#include "tiny_model.h"

#include <fmt/format.h>
#include <ggml.h>
#include <gguf.h>
#include <llama.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>

#include "inference/llama_handles.h"

namespace minerva::inference {
namespace {

constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kHidden = 128;
constexpr std::uint32_t kHeads = 2;

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;
  std::vector<float> scores;
  std::vector<std::string> merges;

  void add(std::string text, llama_token_type type, float score = 0.0F) {
    tokens.push_back(std::move(text));
    types.push_back(type);
    scores.push_back(score);
  }
};

void add_specials(Vocabulary& vocabulary) {
  for (const char* text : {"<|im_start|>", "<|im_end|>", "[INST]", "<|endoftext|>"})
    vocabulary.add(text, LLAMA_TOKEN_TYPE_CONTROL);
  for (const char* text : {"<tool_call>", "<think>", "\n\n"})
    vocabulary.add(text, LLAMA_TOKEN_TYPE_USER_DEFINED);
}

// A space is "▁"; a character that is no token is spelled in byte tokens.
Vocabulary sentence_piece() {
  Vocabulary vocabulary;
  vocabulary.add("<unk>", LLAMA_TOKEN_TYPE_UNKNOWN);
  vocabulary.add("<s>", LLAMA_TOKEN_TYPE_CONTROL);
  vocabulary.add("</s>", LLAMA_TOKEN_TYPE_CONTROL);
  for (int byte = 0; byte < 256; ++byte)
    vocabulary.add(fmt::format("<0x{:02X}>", byte), LLAMA_TOKEN_TYPE_BYTE);
  add_specials(vocabulary);
  for (char c = 33; c < 127; ++c) vocabulary.add(std::string(1, c), LLAMA_TOKEN_TYPE_NORMAL, -1000.0F);
  vocabulary.add("▁", LLAMA_TOKEN_TYPE_NORMAL, -1000.0F);
  float score = -1.0F;
  for (const char* word : {"he",  "ll", "hell", "▁hell", "hello", "▁hello", "wo",  "▁wo",   "▁t",
                           "▁th", "<|", "|>",   "im",    "im_",   "st",     "art", "<|im_", "start|>",
                           "te",  "s>", "</",   "INST",  "é",     "▁▁",     "too", "tool_", "call>"}) {
    vocabulary.add(word, LLAMA_TOKEN_TYPE_NORMAL, score -= 1.0F);
  }
  return vocabulary;
}

// GPT-2's alphabet: a printable character for every byte (https://github.com/openai/gpt-2, encoder.py, bytes_to_unicode).
std::string byte_letter(int byte) {
  const auto printable = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  };
  int code = byte;
  if (!printable(byte)) {
    code = 256;
    for (int b = 0; b < byte; ++b) code += printable(b) ? 0 : 1;
  }
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

Vocabulary byte_pair() {
  Vocabulary vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary.add(byte_letter(byte), LLAMA_TOKEN_TYPE_NORMAL);
  const auto merge = [&](const std::string& left, const std::string& right) {
    vocabulary.add(left + right, LLAMA_TOKEN_TYPE_NORMAL);
    vocabulary.merges.push_back(left + " " + right);
  };
  for (const auto& [left, right] : {std::pair{"h", "e"},
                                    {"l", "l"},
                                    {"he", "ll"},
                                    {"hell", "o"},
                                    {"Ġ", "t"},
                                    {"Ġt", "h"},
                                    {"<", "|"},
                                    {"|", ">"},
                                    {"i", "m"},
                                    {"s", "t"},
                                    {"Ġ", "Ġ"},
                                    {"t", "o"},
                                    {"to", "o"},
                                    {"too", "l"}}) {
    merge(left, right);
  }
  vocabulary.add("<s>", LLAMA_TOKEN_TYPE_CONTROL);
  vocabulary.add("</s>", LLAMA_TOKEN_TYPE_CONTROL);
  add_specials(vocabulary);
  return vocabulary;
}

std::uint32_t index_of(const Vocabulary& vocabulary, const std::string& text) {
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    if (vocabulary.tokens[i] == text) return static_cast<std::uint32_t>(i);
  }
  throw std::logic_error{"no such token: " + text};
}

void set_strings(gguf_context* gguf, const char* key, const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  gguf_set_arr_str(gguf, key, pointers.data(), pointers.size());
}

void set_vocabulary(gguf_context* gguf, const TinyModelOptions& options, const Vocabulary& vocabulary) {
  const bool spm = options.vocabulary == VocabularyKind::kSentencePiece;
  gguf_set_val_str(gguf, "tokenizer.ggml.model", spm ? "llama" : "gpt2");
  if (!spm) gguf_set_val_str(gguf, "tokenizer.ggml.pre", "gpt-2");
  if (!spm) set_strings(gguf, "tokenizer.ggml.merges", vocabulary.merges);
  set_strings(gguf, "tokenizer.ggml.tokens", vocabulary.tokens);
  gguf_set_arr_data(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.types.data(),
                    vocabulary.types.size());
  gguf_set_arr_data(gguf, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, vocabulary.scores.data(),
                    vocabulary.scores.size());
  gguf_set_val_u32(gguf, "tokenizer.ggml.bos_token_id", index_of(vocabulary, "<s>"));
  gguf_set_val_u32(gguf, "tokenizer.ggml.eos_token_id", index_of(vocabulary, "<|im_end|>"));
  gguf_set_val_bool(gguf, "tokenizer.ggml.add_bos_token", spm);
  gguf_set_val_str(gguf, "tokenizer.chat_template", kTinyChatTemplate);
}

void set_shape(gguf_context* gguf, const TinyModelOptions& options) {
  const auto key = [&](const char* name) { return fmt::format("{}.{}", options.architecture, name); };
  gguf_set_val_str(gguf, "general.architecture", options.architecture.c_str());
  gguf_set_val_str(gguf, "general.name", options.name.c_str());
  gguf_set_val_u32(gguf, "general.file_type", LLAMA_FTYPE_ALL_F32);
  gguf_set_val_u32(gguf, key("context_length").c_str(), options.n_ctx_train);
  gguf_set_val_u32(gguf, key("embedding_length").c_str(), kWidth);
  gguf_set_val_u32(gguf, key("block_count").c_str(), options.n_layers);
  gguf_set_val_u32(gguf, key("feed_forward_length").c_str(), kHidden);
  gguf_set_val_u32(gguf, key("attention.head_count").c_str(), kHeads);
  gguf_set_val_f32(gguf, key("attention.layer_norm_rms_epsilon").c_str(), 1e-5F);
  if (!options.causal) gguf_set_val_bool(gguf, key("attention.causal").c_str(), false);
}

class TensorWriter {
 public:
  TensorWriter(gguf_context* gguf, float fixed) : gguf_{gguf}, fixed_{fixed} {
    context_.reset(ggml_init({.mem_size = 16UL * 1024 * 1024, .mem_buffer = nullptr, .no_alloc = false}));
  }

  void add(const std::string& name, std::int64_t n_columns, std::int64_t n_rows) {
    ggml_tensor* tensor = n_rows == 1 ? ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, n_columns)
                                      : ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, n_columns, n_rows);
    ggml_set_name(tensor, name.c_str());
    std::normal_distribution<float> weight{0.0F, 2.0F / std::sqrt(static_cast<float>(n_columns))};
    auto* values = static_cast<float*>(tensor->data);
    for (std::int64_t i = 0; i < n_columns * n_rows; ++i) {
      values[i] = std::isnan(fixed_) ? fixed_ : n_rows == 1 ? 1.0F : weight(random_);
    }
    gguf_add_tensor(gguf_, tensor);
  }

 private:
  gguf_context* gguf_;
  float fixed_;
  std::unique_ptr<ggml_context, FreeWith<ggml_free>> context_;
  std::mt19937 random_{7};
};

}  // namespace

void write_tiny_model(const std::filesystem::path& path, const TinyModelOptions& options) {
  const GgufHandle gguf{gguf_init_empty()};
  Vocabulary vocabulary =
      options.vocabulary == VocabularyKind::kSentencePiece ? sentence_piece() : byte_pair();
  if (options.another_word) vocabulary.tokens.back() = "other";
  set_shape(gguf.get(), options);
  set_vocabulary(gguf.get(), options, vocabulary);
  TensorWriter tensors{gguf.get(), options.nan_weights ? std::numeric_limits<float>::quiet_NaN() : 0.0F};
  const auto n_vocab = static_cast<std::int64_t>(vocabulary.tokens.size());
  tensors.add("token_embd.weight", kWidth, n_vocab);
  tensors.add("output_norm.weight", kWidth, 1);
  tensors.add("output.weight", kWidth, n_vocab);
  for (std::uint32_t layer = 0; layer < options.n_layers; ++layer) {
    const auto name = [&](const char* part) { return fmt::format("blk.{}.{}.weight", layer, part); };
    tensors.add(name("attn_norm"), kWidth, 1);
    tensors.add(name("ffn_norm"), kWidth, 1);
    for (const char* part : {"attn_q", "attn_k", "attn_v", "attn_output"})
      tensors.add(name(part), kWidth, kWidth);
    tensors.add(name("ffn_gate"), kWidth, kHidden);
    tensors.add(name("ffn_up"), kWidth, kHidden);
    tensors.add(name("ffn_down"), kHidden, kWidth);
  }
  if (!gguf_write_to_file(gguf.get(), path.c_str(), false))
    throw std::runtime_error{"cannot write " + path.string()};
}

}  // namespace minerva::inference
