#include "inference/model_card.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

namespace minerva::inference {
namespace {

std::string token_text(const llama_vocab* vocab, llama_token token) {
  if (token == LLAMA_TOKEN_NULL) return {};
  const char* text = llama_vocab_get_text(vocab, token);
  return text == nullptr ? std::string{} : std::string{text};
}

std::string or_empty(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

// Those of which the chat template speaks, and those of tools: a template without tools leaves them to a generic form.
std::vector<wire::ControlToken> control_tokens(const llama_vocab* vocab, std::string_view chat_template) {
  std::vector<wire::ControlToken> found;
  for (llama_token token = 0; token < llama_vocab_n_tokens(vocab); ++token) {
    if ((llama_vocab_get_attr(vocab, token) & LLAMA_TOKEN_ATTR_CONTROL) == 0 ||
        llama_vocab_is_eog(vocab, token))
      continue;
    std::string text = token_text(vocab, token);
    if (!text.empty() && (chat_template.contains(text) || text.contains("tool")))
      found.push_back({.token = token, .text = std::move(text)});
  }
  return found;
}

}  // namespace

std::string meta_text(const llama_model* model, const std::string& key) {
  const std::int32_t n = llama_model_meta_val_str(model, key.c_str(), nullptr, 0);
  if (n < 0) return {};
  std::string text(static_cast<std::size_t>(n) + 1, '\0');
  llama_model_meta_val_str(model, key.c_str(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(n));
  return text;
}

wire::ModelCard make_card(const llama_model* model, const llama_context* context, const ModelFile& file,
                          const std::string& path) {
  const llama_vocab* vocab = llama_model_get_vocab(model);
  std::string name = meta_text(model, "general.name");
  if (name.empty()) name = std::filesystem::path{path}.stem().string();
  const auto n_ctx_train = static_cast<std::uint32_t>(std::max(0, llama_model_n_ctx_train(model)));
  const std::uint32_t n_ctx_slot = llama_n_ctx_seq(context);
  std::string chat_template = or_empty(llama_model_chat_template(model, nullptr));
  auto controls = control_tokens(vocab, chat_template);
  return {
      .name = std::move(name),
      .architecture = meta_text(model, "general.architecture"),
      .quantization = or_empty(llama_ftype_name(llama_model_ftype(model))),
      .n_parameters = llama_model_n_params(model),
      .file_bytes = file.file_bytes,
      .n_layers = static_cast<std::uint32_t>(llama_model_n_layer(model)),
      .n_vocab = static_cast<std::uint32_t>(llama_vocab_n_tokens(vocab)),
      .n_ctx_train = n_ctx_train,
      .n_ctx = llama_n_ctx(context),
      .n_ctx_sequence = n_ctx_train > 0 ? std::min(n_ctx_slot, n_ctx_train) : n_ctx_slot,
      .n_parallel = llama_n_seq_max(context),
      .cache_type_k = {},
      .cache_type_v = {},
      .n_batch = llama_n_batch(context),
      .chat_template = std::move(chat_template),
      .bos_text = token_text(vocab, llama_vocab_bos(vocab)),
      .eos_text = token_text(vocab, llama_vocab_eos(vocab)),
      .control_tokens = std::move(controls),
      .memory = {},
      .placement = {},
      .draft = {},
  };
}

}  // namespace minerva::inference
