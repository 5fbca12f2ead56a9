#pragma once
// A small GGUF with random weights, written with the library's own writer: a llama of one layer over a vocabulary with
// every kind of token. Enough for tokenizing, decoding and KV; what it says means nothing.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace minerva::inference {

enum class VocabularyKind : std::uint8_t { kSentencePiece, kBytePair };

struct TinyModelOptions {
  VocabularyKind vocabulary = VocabularyKind::kSentencePiece;
  std::string architecture = "llama";
  std::string name = "Tiny";
  std::uint32_t n_ctx_train = 512;
  std::uint32_t n_layers = 2;
  bool nan_weights = false;
  bool causal = true;
  bool another_word = false;  // the SentencePiece vocabulary's last word is "other"
};

// Control tokens "<|im_start|>", "<|im_end|>" (which ends generation), "<|endoftext|>", "[INST]"; user-defined "<tool_call>" (in the chat
// template), "<think>" (not in it), "\n\n"; plain words, among them the parts of "<|im_start|>".
void write_tiny_model(const std::filesystem::path& path, const TinyModelOptions& options = {});

inline constexpr const char* kTinyChatTemplate =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor "
    "%}<|im_start|>assistant\n"
    "{% if tools %}<tool_call>{% endif %}";

}  // namespace minerva::inference
